"""Alerts reach the right receiver and one outage is one page: amtool and a real Alertmanager."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from monitored import alert_cases
from monitored.alertmanager import Alertmanager, Services

from f1_devkit.cluster import charts
from f1_devkit.cluster.charts import Manifests

STACK = charts.chart().parent / "kube-prometheus-stack"
EXTRACTS = Path(__file__).parents[1] / "kube-prometheus-stack"
Render = Callable[..., Manifests]
Program = Callable[[str], Path]


def _values(name: str) -> Any:
    return yaml.safe_load((STACK / name).read_text())


def _config() -> Any:
    return _values("values.yaml")["alertmanager"]["config"]


@pytest.fixture
def config_file(tmp_path: Path) -> Path:
    file = tmp_path / "config.yaml"
    file.write_text(yaml.safe_dump(_config()))
    return file


@pytest.mark.parametrize("name", ["values.yaml", "values-eks.yaml"])
def test_every_value_exists_in_kube_prometheus_stack(name: str) -> None:
    lines = (EXTRACTS / "values.tsv").read_text().splitlines()[1:]
    known = dict(line.split("\t") for line in lines)
    wrong = [path for path in _leaves(_values(name)) if not _is_known(path, known)]
    assert wrong == []


def test_the_extracts_are_of_that_chart() -> None:
    """The complete lists are in a folder beside the one in F1_SHARED_DATA."""
    shared = os.environ.get("F1_SHARED_DATA") or STACK.parents[2] / "shared" / "data"
    schemas = Path(shared).parent / "schemas"
    if not schemas.is_dir():
        pytest.skip(f"no lists of kube-prometheus-stack in {schemas}")
    for name in ("values", "alerts"):
        whole = (schemas / f"kube-prometheus-stack-88.5.3-{name}.tsv").read_text().splitlines()
        assert set((EXTRACTS / f"{name}.tsv").read_text().splitlines()[1:]) <= set(whole)


def test_every_alert_that_is_off_on_eks_exists() -> None:
    lines = (EXTRACTS / "alerts.tsv").read_text().splitlines()[1:]
    known = {line.split("\t")[1] for line in lines}
    disabled = _values("values-eks.yaml")["defaultRules"]["disabled"]
    assert set(disabled) <= known
    assert set(disabled.values()) == {True}


def test_alertmanager_accepts_the_configuration(
    monitoring_program: Program, config_file: Path
) -> None:
    check = [str(monitoring_program("amtool")), "check-config", str(config_file)]
    done = subprocess.run(check, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr


def test_secrets_are_files() -> None:
    """The values contain no key, no token, and no URL with one."""
    for receiver in _config()["receivers"]:
        for kind, one in (
            (kind, one) for kind, many in receiver.items() if kind != "name" for one in many
        ):
            assert not {"routing_key", "service_key", "api_url"} & one.keys()
            assert kind in ("pagerduty_configs", "slack_configs", "webhook_configs")


@pytest.mark.parametrize("alert", alert_cases.alerts())
def test_every_alert_is_routed_by_its_severity(
    alert: str, monitoring_program: Program, config_file: Path
) -> None:
    expected = {"critical": "pagerduty", "warning": "slack"}
    rules = [rule for rule in alert_cases.rules() if rule.get("alert") == alert]
    assert rules
    for rule in rules:
        labels = {**rule["labels"], "alertname": alert}
        assert _routed(monitoring_program, config_file, labels) == expected[labels["severity"]]


@pytest.mark.parametrize(
    ("labels", "receiver"),
    [
        ({"alertname": "Watchdog", "severity": "none"}, "heartbeat"),
        ({"alertname": "InfoInhibitor", "severity": "none"}, "null"),
        ({"alertname": "KubePodNotReady", "severity": "warning"}, "slack"),
        ({"alertname": "KubeAPIDown", "severity": "critical"}, "pagerduty"),
        ({"alertname": "CPUThrottlingHigh", "severity": "info"}, "null"),
        ({"alertname": "AlertOfAnotherTeam"}, "slack"),
    ],
)
def test_others_alerts_are_routed(
    labels: dict[str, str], receiver: str, monitoring_program: Program, config_file: Path
) -> None:
    assert _routed(monitoring_program, config_file, labels) == receiver


OUTAGES = {
    "the database is gone": (
        "F1DatabaseUnavailable",
        (
            "F1ApiErrorRateHigh F1ApiAvailabilityErrorBudgetBurn F1ApiLatencyErrorBudgetBurn "
            "F1WorkerDown F1IngestErrorBudgetBurn F1IngestMissing F1ProcessingLagErrorBudgetBurn "
            "F1ThreadFailing F1CrashLoop F1SeasonDegraded F1DatabaseSlow F1RdsUnavailable"
        ),
    ),
    "no worker runs": ("F1WorkerDown", "F1ProcessingLagErrorBudgetBurn F1SnapshotsBehind"),
    "no API pod runs": (
        "F1ApiDown",
        "F1ApiErrorRateHigh F1ApiSlow F1ApiAvailabilityErrorBudgetBurn F1ApiSliAbsent",
    ),
    "all programs are gone": (
        "F1ApiDown",
        (
            "F1WorkerDown F1OperatorDown F1ApiSliAbsent F1IngestSliAbsent F1ProcessingSliAbsent "
            "F1ProcessingLagErrorBudgetBurn F1CrashLoop F1SeasonStalled"
        ),
    ),
    "S3 denies": (
        "F1S3Refusing",
        "F1IngestErrorBudgetBurn F1ProcessingLagErrorBudgetBurn F1ThreadFailing",
    ),
    "the API errs": ("F1ApiErrorRateHigh", "F1ApiSlow F1ApiAvailabilityErrorBudgetBurn"),
    "the API is slow": ("F1ApiSlow", "F1ApiLatencyErrorBudgetBurn"),
}


@pytest.mark.parametrize(("cause", "effects"), OUTAGES.values(), ids=OUTAGES)
def test_one_outage_is_one_page(
    cause: str, effects: str, monitoring_program: Program, tmp_path: Path
) -> None:
    """For every window of the cause and its effects. Another release's alert is not inhibited."""
    names = {cause, *effects.split()}
    rules = [one for one in alert_cases.rules() if one.get("alert") in names]
    [worker_down] = [one for one in alert_cases.rules() if one.get("alert") == "F1WorkerDown"]
    others = _alert(worker_down, release="other")
    with Services() as services, _started(monitoring_program, services, tmp_path) as manager:
        manager.send([_alert(rule) for rule in rules])
        services.wait(lambda: len(services.of("pagerduty")) == 1, "the page")
        manager.send([others])
        services.wait(lambda: len(services.received) == 2, "the page of another release")
        assert manager.suppressed() >= set(effects.split())
        [page, other] = services.of("pagerduty")
        assert page["payload"]["class"] == cause
        assert other["payload"]["class"] == "F1WorkerDown"
        assert page["dedup_key"] != other["dedup_key"]


def test_a_worker_that_stays_down_pages_when_the_api_is_back(
    monitoring_program: Program, tmp_path: Path
) -> None:
    """The cause resolves before its effect."""
    rules = {one["alert"]: one for one in alert_cases.rules() if "alert" in one}
    api, worker, absent = (
        _alert(rules[name]) for name in ("F1ApiDown", "F1WorkerDown", "F1ProcessingSliAbsent")
    )
    with Services() as services, _started(monitoring_program, services, tmp_path) as manager:
        manager.send([api, worker, absent])
        services.wait(lambda: len(services.of("pagerduty")) == 1, "the API's page")
        assert manager.suppressed() == {"F1WorkerDown", "F1ProcessingSliAbsent"}
        manager.send([api], resolved=True)
        services.wait(lambda: len(services.of("pagerduty")) == 3, "its end, and the worker's page")
        assert manager.suppressed() == {"F1ProcessingSliAbsent"}
    pages = [(one["event_action"], one["payload"]["class"]) for one in services.of("pagerduty")]
    assert pages[0] == ("trigger", "F1ApiDown")
    assert set(pages[1:]) == {("resolve", "F1ApiDown"), ("trigger", "F1WorkerDown")}
    assert services.of("slack") == []


@pytest.mark.parametrize(
    ("cause", "theirs", "inhibited"),
    [
        ("F1IngestMissing", {"alertname": "KubeJobFailed"}, True),
        ("F1IngestErrorBudgetBurn", {"alertname": "KubeJobFailed"}, True),
        ("F1SourceUnavailable", {"alertname": "KubeJobFailed"}, True),
        ("F1WorkerDown", {"alertname": "KubePodNotReady", "pod": "f1-worker-1"}, True),
        ("F1CrashLoop", {"alertname": "KubePodCrashLooping", "pod": "f1-worker-1"}, True),
        ("F1CrashLoop", {"alertname": "KubePodCrashLooping", "pod": "shop-1"}, False),
        ("F1CrashLoop", {"alertname": "KubeDeploymentReplicasMismatch"}, False),
    ],
)
def test_alerts_of_kubernetes_about_the_same_pods_are_inhibited(
    cause: str,
    theirs: dict[str, str],
    inhibited: bool,
    monitoring_program: Program,
    tmp_path: Path,
) -> None:
    """Alerts of kube-prometheus-stack are inhibited for the same pods and Jobs only."""
    rule = next(one for one in alert_cases.rules() if one.get("alert") == cause)
    own = _alert(rule, **({"pod": "f1-worker-1"} if cause == "F1CrashLoop" else {}))
    labels = {**theirs, "namespace": "racing", "severity": "warning"}
    of_kubernetes = {"labels": labels, "annotations": {}}
    last = {"labels": {"alertname": "Last", "severity": "warning"}, "annotations": {}}
    with Services() as services, _started(monitoring_program, services, tmp_path) as manager:
        manager.send([own, of_kubernetes])
        services.wait(
            lambda: len(services.received) == 1 + (not inhibited), "what is not inhibited"
        )
        manager.send([last])
        services.wait(lambda: len(services.received) == 2 + (not inhibited), "another alert")
        assert manager.suppressed() == ({theirs["alertname"]} if inhibited else set())


def test_a_page_has_the_required_fields(monitoring_program: Program, tmp_path: Path) -> None:
    """In the format of PagerDuty's Events API v2; it is resolved when the alert is."""
    [rule] = [one for one in alert_cases.rules() if one.get("alert") == "F1WorkerDown"]
    alert = _alert(rule)
    alert["annotations"]["contact_chat"] = "#racing-oncall"
    with Services() as services, _started(monitoring_program, services, tmp_path) as manager:
        manager.send([alert])
        services.wait(lambda: len(services.of("pagerduty")) == 1, "the page")
        manager.send([alert], resolved=True)
        services.wait(lambda: len(services.of("pagerduty")) == 2, "its end")
    page, end = services.of("pagerduty")
    assert (page["routing_key"], page["event_action"], end["event_action"]) == (
        "key",
        "trigger",
        "resolve",
    )
    assert page["dedup_key"] == end["dedup_key"]
    assert page["payload"]["summary"] == "F1WorkerDown: 0 pods of the worker respond"
    assert page["payload"]["severity"] == "critical"
    assert page["payload"]["source"]
    assert page["payload"]["component"] == "worker"
    assert page["payload"]["group"] == "racing"
    assert page["payload"]["custom_details"]["contacts"] == "chat: #racing-oncall; "
    assert page["links"][0]["href"].endswith("/docs/runbooks/F1WorkerDown.md")


def test_a_ticket_has_the_required_fields(monitoring_program: Program, tmp_path: Path) -> None:
    [rule] = [one for one in alert_cases.rules() if one.get("alert") == "F1OperatorDown"]
    with Services() as services, _started(monitoring_program, services, tmp_path) as manager:
        manager.send([_alert(rule)])
        services.wait(lambda: len(services.of("slack")) == 1, "the ticket")
    [ticket] = services.of("slack")
    [attachment] = ticket["attachments"]
    assert ticket["channel"] == "#f1-alerts"
    assert attachment["title"] == "[FIRING] F1OperatorDown in racing"
    assert "(window 10m)" in attachment["text"]
    assert "/docs/runbooks/F1OperatorDown.md" in attachment["text"]


def test_the_heartbeat_is_sent(monitoring_program: Program, tmp_path: Path) -> None:
    watchdog = {"labels": {"alertname": "Watchdog", "severity": "none"}, "annotations": {}}
    with Services() as services, _started(monitoring_program, services, tmp_path) as manager:
        manager.send([watchdog])
        services.wait(lambda: len(services.of("heartbeat")) == 1, "the heartbeat")
    assert services.of("pagerduty") == services.of("slack") == []


def test_a_shared_alertmanager_gets_the_same_inhibition(render: Render) -> None:
    """The chart's AlertmanagerConfig has the same rules as the values of kube-prometheus-stack."""
    file = yaml.safe_load((charts.chart() / "files" / "inhibition.yaml").read_text())
    own = [one for one in _config()["inhibit_rules"] if "F1" in str(one)]
    assert own == file
    values = {"monitoring": {"enabled": True, "alertmanagerConfig": {"enabled": True}}}
    rendered = render(values).one("AlertmanagerConfig")["spec"]["inhibitRules"]
    written = [
        {
            "source_matchers": _matchers(one["sourceMatch"]),
            "target_matchers": _matchers(one["targetMatch"]),
            "equal": one["equal"],
        }
        for one in rendered
    ]
    assert written == file
    assert render({"monitoring": {"enabled": True}}).kind("AlertmanagerConfig") == []


def test_tickets_are_sent_by_e_mail_too(render: Render) -> None:
    """Of this release only. prometheus-operator sets `continue`: other routes match, too."""
    email = {"to": "f1@example.com", "from": "alerts@example.com", "smarthost": "smtp:587"}
    plain = render({"monitoring": {"enabled": True, "email": email}})
    spec = plain.one("AlertmanagerConfig", "-email")["spec"]
    assert _matchers(spec["route"]["matchers"]) == ['release="f1"', 'severity="warning"']
    [receiver] = spec["receivers"]
    assert receiver["emailConfigs"] == [{**email, "sendResolved": True}]
    authenticated = render({"monitoring": {"enabled": True, "email": {**email, "username": "f1"}}})
    [receiver] = authenticated.one("AlertmanagerConfig", "-email")["spec"]["receivers"]
    [config] = receiver["emailConfigs"]
    assert config["authUsername"] == "f1"
    assert config["authPassword"] == {"name": "alertmanager-receivers", "key": "smtp-password"}


def _matchers(matchers: Any) -> list[str]:
    return [f'{one["name"]}{one["matchType"]}"{one["value"]}"' for one in matchers]


def _routed(program: Program, config: Path, labels: dict[str, str]) -> str:
    pairs = [f"{name}={value}" for name, value in labels.items() if "{{" not in value]
    command = [
        str(program("amtool")),
        "config",
        "routes",
        "test",
        f"--config.file={config}",
        *pairs,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    return done.stdout.strip()


def _alert(rule: Any, **labels: str) -> dict[str, dict[str, str]]:
    """An alert as Prometheus sends it, with a value of 0 in its summary."""
    component = {"component": "worker"} if "{{" in rule["labels"]["component"] else {}
    return {
        "labels": {**rule["labels"], "alertname": rule["alert"], **component, **labels},
        "annotations": {
            **rule["annotations"],
            "summary": rule["annotations"]["summary"].replace("{{ $value | humanize }}", "0"),
        },
    }


def _started(program: Program, services: Services, folder: Path) -> Alertmanager:
    return Alertmanager(program("alertmanager"), _config(), services, folder)


def _leaves(values: Any, path: str = "") -> Iterator[str]:
    for name, value in values.items():
        if isinstance(value, dict) and value:
            yield from _leaves(value, f"{path}{name}.")
        else:
            yield f"{path}{name}"


def _is_known(path: str, known: dict[str, str]) -> bool:
    """A path of the chart, or below a path that accepts any keys."""
    parts = path.split(".")
    parents = [".".join(parts[:length]) for length in range(1, len(parts))]
    return (
        path in known
        or any(known.get(one) in ("object", "null") for one in parents)
        or path.startswith("alertmanager.config.")
    )
