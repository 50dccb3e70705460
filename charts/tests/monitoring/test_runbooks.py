"""Commands in runbooks are well formed, and name programs, options, values and pages that exist.

The game day runs them: tests/e2e/faults/test_gameday.py.
"""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from documented import wrong

from f1_devkit.cluster import charts
from f1_devkit.kubernetes.programs import checkout

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


def test_blocks_name_the_variables_that_they_need(page: Path) -> None:
    """Bash can parse all blocks. Each sets its own variables; external ones are listed.

    `bash` blocks use NAMESPACE and RELEASE, `console` blocks possibly one of the README's table.
    """
    readme = (DOCS / "runbooks" / "README.md").read_text()
    listed = set(re.findall(r"^\| `([A-Z]\w+)` \|", readme, re.MULTILINE))
    assert "INSTANCE" in listed
    for language, text in _BLOCK.findall(page.read_text()):
        assert language in ("bash", "console")
        check = ["bash", "-n"]
        read = subprocess.run(check, input=text, capture_output=True, text=True, check=False)
        assert read.returncode == 0, read.stderr
        own = set(re.findall(r"^(?:for )?(\w+)(?:=| in )", text, re.MULTILINE))
        outer = {"NAMESPACE", "RELEASE"} | (listed if language == "console" else set())
        assert set(re.findall(r"\$\{?(\w+)", text)) - own <= outer


_KUBECTL = """#!/bin/bash
echo "$*" >> "$RECORD"
case "$*" in
  *"get deployments"*) echo deployment.apps/f1 ;;
  *"get horizontalpodautoscalers"*) echo "$AUTOSCALER" ;;
  *"get deployment.apps/f1 --output jsonpath"*) echo "$REPLICAS" ;;
esac
"""


def _remedy(page: Path, folder: Path, replicas: int, autoscaler: str = "") -> list[str]:
    """The scale and patch commands of the remedy, for a current number of pods."""
    (folder / "kubectl").write_text(_KUBECTL)
    (folder / "kubectl").chmod(0o755)
    record = folder / "record"
    environment = {
        "PATH": f"{folder}:/usr/bin:/bin",
        "RECORD": str(record),
        "REPLICAS": str(replicas),
        "AUTOSCALER": autoscaler,
        "NAMESPACE": "f1",
        "RELEASE": "f1",
    }
    remedy = page.read_text().partition("\n## Remedy\n")[2]
    for language, text in _BLOCK.findall(remedy):
        if language == "bash":
            command = ["bash", "-euo", "pipefail", "-c", text]
            subprocess.run(command, env=environment, check=True, capture_output=True, timeout=30)
    lines = record.read_text().splitlines()
    return [one for one in lines if re.search(r" (?:scale|patch) ", one)]


@pytest.mark.parametrize("alert", ["F1ApiDown", "F1WorkerDown", "F1OperatorDown"])
def test_a_program_that_is_down_is_started_and_never_scaled_down(
    alert: str, tmp_path: Path
) -> None:
    """A Deployment at 0 is scaled up; one with pods that do not respond keeps its number."""
    page = DOCS / "runbooks" / f"{alert}.md"
    assert _remedy(page, tmp_path, replicas=6) == []
    [scaled] = _remedy(page, tmp_path, replicas=0)
    assert re.search(r"scale deployment.apps/f1 --replicas [12]$", scaled)


@pytest.mark.parametrize(
    "alert",
    [
        "F1ApiLatencyErrorBudgetBurn",
        "F1ApiSlow",
        "F1ProcessingSlow",
        "F1ProcessingLagErrorBudgetBurn",
    ],
)
def test_a_slow_program_gets_one_more_pod(alert: str, tmp_path: Path) -> None:
    """With an autoscaler, its minimum is increased, since it would otherwise undo the change."""
    page = DOCS / "runbooks" / f"{alert}.md"
    [scaled] = _remedy(page, tmp_path, replicas=6)
    assert scaled.endswith("scale deployment.apps/f1 --replicas 7")
    autoscaler = "horizontalpodautoscaler.autoscaling/f1"
    (tmp_path / "record").unlink()
    [patched] = _remedy(page, tmp_path, replicas=6, autoscaler=autoscaler)
    assert patched.endswith(
        f'patch {autoscaler} --type merge --patch {{"spec": {{"minReplicas": 7}}}}'
    )


def test_only_a_slow_database_scales_a_program_down() -> None:
    """No other page scales to a fixed number."""
    unguarded = re.compile(r"^kubectl .* scale .*--replicas \d", re.MULTILINE)
    pages = {one.stem for one in PAGES if unguarded.search(one.read_text())}
    assert pages == {"F1DatabaseSlow", "F1RdsCpuHigh"}


def test_every_page_of_an_alert_has_commands(page: Path) -> None:
    before = page.read_text().partition("## Remedy")[0]
    if page.stem.startswith("F1"):
        assert _BLOCK.search(before), "a diagnosis without a command"


def test_commands_of_the_programs_exist(page: Path) -> None:
    found = [problem for match in _COMMAND.findall(page.read_text()) for problem in wrong(*match)]
    assert found == []


def test_a_wrong_command_is_detected() -> None:
    assert list(wrong("f1-worker", "lst --state held")) == ["f1-worker has no command lst"]
    assert list(wrong("f1-worker", "list --stat held")) == ["f1-worker list has no option --stat"]


def test_mentioned_values_exist() -> None:
    values = yaml.safe_load((charts.chart() / "values.yaml").read_text())
    pages = [*PAGES, DOCS / "slo.md"]
    named = {
        name for one in pages for name in re.findall(r"`([a-z]\w*(?:\.\w+)+)`", one.read_text())
    }
    of_chart = {name for name in named if name.partition(".")[0] in values}
    assert "monitoring.rules.thresholds.apiErrorRatio" in of_chart
    assert [name for name in sorted(of_chart) if not _has(values, name.split("."))] == []


def test_the_targets_of_links_exist() -> None:
    for one in [*PAGES, DOCS / "slo.md"]:
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", one.read_text()):
            assert target.startswith("https://") or (one.parent / target).exists(), (one, target)


def _has(values: Any, path: list[str]) -> bool:
    """Whether values have a path; empty maps accept any name."""
    for name in path:
        if not isinstance(values, dict):
            return False
        if name not in values:
            return values == {}
        values = values[name]
    return True
