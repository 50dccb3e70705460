"""Commands in the documents name make targets, programs and options that exist."""

import subprocess
from pathlib import Path

import pytest
from documented import problems, shell, targets

ROOT = Path(__file__).parents[2]
PATTERNS = ("*.md", "docs/**/*.md", "[a-z]*/README.md", "[a-z]*/[a-z]*/README.md")
PAGES = sorted({path for pattern in PATTERNS for path in ROOT.glob(pattern)})


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_commands_exist(page: Path) -> None:
    assert list(problems(page.read_text(), targets(ROOT))) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_block_is_valid_bash(page: Path) -> None:
    for block in shell(page.read_text()):
        read = ["bash", "-n"]
        done = subprocess.run(read, input=block, capture_output=True, text=True, check=False)
        assert done.returncode == 0, (block, done.stderr)


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("    make dmeo\n", "make has no target dmeo"),
        ("`make dmeo`", "make has no target dmeo"),
        ("```bash\nmake install && make dmeo\n```\n", "make has no target dmeo"),
        ("```bash\nf1-worker lst\n```\n", "f1-worker has no command lst"),
        ("`f1-ingest plan --sesson 2024`", "f1-ingest plan has no option --sesson"),
        ("```bash\nf1 ledger list --stat held\n```\n", "f1 ledger list has no option --stat"),
    ],
)
def test_a_wrong_command_is_found(written: str, problem: str) -> None:
    assert list(problems(f"\n\n{written}", targets(ROOT))) == [problem]


def test_a_right_command_has_no_problem() -> None:
    text = "```bash\nmake demo\nf1-worker list --state held # f1-worker nonsense\n```\n`f1 migrate`"
    assert list(problems(text, targets(ROOT))) == []
