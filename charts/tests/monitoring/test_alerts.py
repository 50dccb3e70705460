"""Every alert fires when it should and not before, by promtool; files, pages and alerts agree."""

import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from monitored import alert_cases

from f1_devkit.cluster import charts
from f1_devkit.cluster.charts import Manifests
from f1_devkit.kubernetes.programs import checkout

Render = Callable[..., Manifests]
FILES = sorted(path.stem for path in (charts.chart() / "alerts").glob("*.yaml"))
QUIET = sorted((Path(__file__).parents[1] / "quiet").glob("*.yaml"))
RUNBOOKS = checkout() / "docs" / "runbooks"


@pytest.mark.parametrize("alert", FILES)
def test_an_alert_fires_is_silent_and_has_a_boundary(
    alert: str, monitoring_program: Callable[[str], Path], tmp_path: Path
) -> None:
    assert alert_cases.run(monitoring_program("promtool"), alert, tmp_path) == ""


@pytest.mark.parametrize("alert", FILES)
def test_every_alert_has_all_three_cases(alert: str) -> None:
    cases = alert_cases.read(alert)
    firing = {
        kind: [bool(fired) for case in cases[kind] for fired in case["at"].values()]
        for kind in alert_cases.KINDS
    }
    assert firing["fires"]
    assert all(firing["fires"])
    assert firing["silent"]
    assert not any(firing["silent"])
    assert set(firing["boundary"]) == {True, False}
    windows = {one["labels"]["window"] for one in _of(alert)}
    if len(windows) > 1:
        expected = [case["at"].values() for kind in ("fires", "boundary") for case in cases[kind]]
        fired = [one for times in expected for firing in times for one in firing]
        assert {one["window"] for one in fired} == windows


def test_a_wrong_case_is_detected(
    monitoring_program: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Checks the check: an alert that is expected and does not fire."""
    cases = alert_cases.read("F1ApiDown")
    for case in cases["silent"]:
        case["at"] = {time: [{"summary": "0 pods"}] for time in case["at"]}
    monkeypatch.setattr(alert_cases, "read", lambda alert: cases)
    assert "FAILED" in alert_cases.run(monitoring_program("promtool"), "F1ApiDown", tmp_path)


@pytest.mark.parametrize("scenario", QUIET, ids=[path.stem for path in QUIET])
def test_nothing_fires(
    scenario: Path, monitoring_program: Callable[[str], Path], tmp_path: Path
) -> None:
    assert alert_cases.run_quiet(monitoring_program("promtool"), scenario, tmp_path) == ""


def test_all_promised_quiet_scenarios_exist() -> None:
    assert [path.stem for path in QUIET] == [
        "between_race_weekends",
        "fresh_install",
        "rolling_update",
    ]


def test_an_alert_in_a_quiet_scenario_is_detected(
    monitoring_program: Callable[[str], Path], tmp_path: Path
) -> None:
    """Checks the check: a fresh installation with an API that does not start."""
    scenario = tmp_path / "down.yaml"
    case = yaml.safe_load((QUIET[1]).read_text())
    case["series"] = {
        name: "0+0x120" if name.startswith("up{$api") else values
        for name, values in case["series"].items()
    }
    scenario.write_text(yaml.safe_dump(case))
    assert "F1ApiDown" in alert_cases.run_quiet(monitoring_program("promtool"), scenario, tmp_path)


def test_every_alert_has_a_file_a_page_and_a_test() -> None:
    assert alert_cases.alerts() == FILES
    assert sorted(path.stem for path in RUNBOOKS.glob("F1*.md")) == FILES
    assert sorted(path.stem for path in alert_cases.CASES.glob("*.yaml")) == FILES


def test_every_page_has_every_section() -> None:
    sections = ["## Meaning", "## Impact", "## Diagnosis", "## Remedy", "## Escalation"]
    for alert in FILES:
        lines = (RUNBOOKS / f"{alert}.md").read_text().splitlines()
        assert lines[0] == f"# {alert}"
        assert [line for line in lines if line.startswith("## ")] == sections


@pytest.mark.parametrize("alert", FILES)
def test_an_alert_has_the_required_labels_and_annotations(alert: str) -> None:
    for one in _of(alert):
        labels, annotations = one["labels"], one["annotations"]
        assert labels["severity"] in ("critical", "warning")
        assert labels["window"]
        assert labels["component"]
        assert (labels["namespace"], labels["release"]) == ("racing", "f1")
        assert annotations["runbook_url"].endswith(f"/docs/runbooks/{alert}.md")
        assert annotations["description"]
        absent = "Absent" in alert  # there is no value
        assert ("{{ $value" in annotations["summary"]) != absent


def test_promtool_accepts_the_rules_of_every_installation(
    installation_file: Path,
    render: Render,
    monitoring_program: Callable[[str], Path],
    tmp_path: Path,
) -> None:
    """With its linter: no two rules produce the same series."""
    values = yaml.safe_load(installation_file.read_text())
    found = render(values).kind("PrometheusRule")
    assert bool(found) == values.get("monitoring", {}).get("enabled", False)
    for rule in found:
        file = tmp_path / "rules.yaml"
        file.write_text(yaml.safe_dump(rule["spec"]))
        check = [str(monitoring_program("promtool")), "check", "rules", "--lint-fatal", str(file)]
        done = subprocess.run(check, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stderr


def test_two_releases_do_not_mix(render: Render) -> None:
    """Each rule reads series of its own release and namespace only."""
    on = {"monitoring": {"enabled": True}}
    for release, namespace in (("blue", "racing"), ("f1", "testing")):
        [rule] = render(on, release=release, namespace=namespace).kind("PrometheusRule")
        rules = [one for group in rule["spec"]["groups"] for one in group["rules"]]
        assert len(rules) > len(FILES)
        for one in rules:
            assert "racing/f1-" not in one["expr"]
            assert one["labels"]["namespace"] == namespace
            assert one["labels"]["release"] == release
            # The objectives are constants, and read no series.
            owned = (f"{namespace}/{release}-", f'namespace="{namespace}"', "vector(0.")
            assert any(text in one["expr"] for text in owned), one["expr"]


def test_alerts_of_disabled_parts_are_left_out(render: Render) -> None:
    def names(values: Any) -> set[str]:
        rendered = render(charts.merged({"monitoring": {"enabled": True}}, values))
        groups = [one for rule in rendered.kind("PrometheusRule") for one in rule["spec"]["groups"]]
        return {one["alert"] for group in groups for one in group["rules"] if "alert" in one}

    everything = names({})
    operators = {"F1OperatorDown", "F1OperatorStuck", "F1SeasonDegraded", "F1SeasonStalled"}
    assert everything - names({"operator": {"enabled": False}}) == operators
    polls = {"F1IngestMissing", "F1IngestSliAbsent"}
    for poll in ({"enabled": False}, {"suspend": True}):
        assert everything - names({"ingest": {"cronJobs": {"poll": poll}}}) == polls
    assert everything - names({"migration": {"enabled": False}}) == {"F1MigrationFailed"}
    held = {"monitoring": {"rules": {"disabled": ["F1CapturesHeld"]}}}
    assert everything - names(held) == {"F1CapturesHeld"}
    assert names({"monitoring": {"rules": {"enabled": False}}}) == set()
    assert names({"monitoring": {"enabled": False}}) == set()
    aws = {"monitoring": {"rules": {"cloudwatch": {"enabled": True, "instance": "f1-prod"}}}}
    rds = {"F1RdsUnavailable", "F1RdsCpuHigh", "F1RdsStorageLow", "F1RdsConnectionsHigh"}
    assert names(aws) - everything == {*rds, "F1CertificateExpiry"}


def test_every_alert_has_the_contacts(render: Render) -> None:
    contacts = {"team": "racing", "chat": "#f1-oncall"}
    rendered = render({"monitoring": {"enabled": True, "contacts": contacts}})
    [rule] = rendered.kind("PrometheusRule")
    alerts = [one for group in rule["spec"]["groups"] for one in group["rules"] if "alert" in one]
    assert alerts
    for one in alerts:
        assert one["annotations"]["contact_team"] == "racing"
        assert one["annotations"]["contact_chat"] == "#f1-oncall"


def test_there_is_one_rule_per_window() -> None:
    seen = Counter(
        (one["alert"], one["labels"]["window"]) for one in alert_cases.rules() if "alert" in one
    )
    assert set(seen.values()) == {1}


def _of(alert: str) -> list[Any]:
    return [one for one in alert_cases.rules() if one.get("alert") == alert]
