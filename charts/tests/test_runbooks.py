"""Commands in runbooks are well formed, and name programs, options, values and pages that exist.

The game day runs them: tests/gameday.
"""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml

from f1_api.cli import app as f1_api
from f1_ingest.cli import app as f1_ingest
from f1_local.kubernetes import charts
from f1_local.kubernetes.programs import checkout
from f1_operator.cli import app as f1_operator
from f1_worker.cli import app as f1_worker

DOCS = checkout() / "docs"
PAGES = sorted((DOCS / "runbooks").glob("*.md"))
PROGRAMS = {
    "f1-api": f1_api,
    "f1-ingest": f1_ingest,
    "f1-operator": f1_operator,
    "f1-worker": f1_worker,
}
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
    wrong = [problem for match in _COMMAND.findall(page.read_text()) for problem in _wrong(*match)]
    assert wrong == []


def test_a_wrong_command_would_be_seen() -> None:
    assert list(_wrong("f1-worker", "lst --state held")) == ["f1-worker has no command lst"]
    assert list(_wrong("f1-worker", "list --stat held")) == ["f1-worker list has no option --stat"]


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


def _wrong(program: str, arguments: str) -> Iterator[str]:
    """What is wrong with a command of ours."""
    command: Any = typer.main.get_command(PROGRAMS[program])
    name = program
    words = arguments.replace('"', " ").split()
    while hasattr(command, "commands") and words:
        word = words.pop(0)
        if word not in command.commands:
            yield f"{name} has no command {word}"
            return
        command, name = command.commands[word], f"{name} {word}"
    known = {option for one in command.params for option in one.opts}
    for word in words:
        if word.startswith("--") and word not in known:
            yield f"{name} has no option {word}"


def _has(values: Any, path: list[str]) -> bool:
    """Whether values have a path; maps without entries of their own take any name."""
    for name in path:
        if not isinstance(values, dict):
            return False
        if name not in values:
            return values == {}
        values = values[name]
    return True
