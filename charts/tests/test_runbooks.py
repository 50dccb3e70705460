"""Commands in runbooks are well formed, and name programs, options, values and pages that exist.

The game day runs them: tests/gameday.
"""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from documented import wrong

from f1_local.kubernetes import charts
from f1_local.kubernetes.programs import checkout

DOCS = checkout() / "docs"
PAGES = sorted((DOCS / "runbooks").glob("*.md"))
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(
    r"(f1-(?:api|ingest|operator|worker)) ((?:[a-z][\w-]*|--[\w-]+|\S+ ?)[^`\n|]*)"
)


@pytest.fixture(params=PAGES, ids=lambda path: path.stem)
def page(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


def test_blocks_run_with_two_variables(page: Path) -> None:
    """`bash` blocks need NAMESPACE and RELEASE and nothing else, and bash can read them."""
    for language, text in _BLOCK.findall(page.read_text()):
        assert language in ("bash", "console")
        check = ["bash", "-n"]
        read = subprocess.run(check, input=text, capture_output=True, text=True, check=False)
        assert read.returncode == 0, read.stderr
        if language == "bash":
            own = set(re.findall(r"^(?:for )?(\w+)(?:=| in )", text, re.MULTILINE))
            assert set(re.findall(r"\$(\w+)", text)) - own <= {"NAMESPACE", "RELEASE"}


def test_every_page_of_an_alert_has_commands(page: Path) -> None:
    before = page.read_text().partition("## Remedy")[0]
    if page.stem.startswith("F1"):
        assert _BLOCK.search(before), "a diagnosis without a command"


def test_commands_of_our_programs_exist(page: Path) -> None:
    found = [problem for match in _COMMAND.findall(page.read_text()) for problem in wrong(*match)]
    assert found == []


def test_a_wrong_command_would_be_seen() -> None:
    assert list(wrong("f1-worker", "lst --state held")) == ["f1-worker has no command lst"]
    assert list(wrong("f1-worker", "list --stat held")) == ["f1-worker list has no option --stat"]


def test_values_that_are_named_exist() -> None:
    values = yaml.safe_load((charts.chart() / "values.yaml").read_text())
    pages = [*PAGES, DOCS / "slo.md"]
    named = {
        name for one in pages for name in re.findall(r"`([a-z]\w*(?:\.\w+)+)`", one.read_text())
    }
    of_chart = {name for name in named if name.partition(".")[0] in values}
    assert "monitoring.rules.thresholds.apiErrorRatio" in of_chart
    assert [name for name in sorted(of_chart) if not _has(values, name.split("."))] == []


def test_links_lead_somewhere() -> None:
    for one in [*PAGES, DOCS / "slo.md"]:
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", one.read_text()):
            assert target.startswith("https://") or (one.parent / target).exists(), (one, target)


def _has(values: Any, path: list[str]) -> bool:
    """Whether values have a path; maps without entries of their own take any name."""
    for name in path:
        if not isinstance(values, dict):
            return False
        if name not in values:
            return values == {}
        values = values[name]
    return True
