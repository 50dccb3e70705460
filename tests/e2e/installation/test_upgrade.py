"""Upgrades and rollbacks with traffic on the API: no request fails."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from f1_core.postgres.database import newest_revision
from f1_devkit.cluster import charts
from f1_devkit.cluster import previous as previous_version
from f1_devkit.cluster.comparison import Comparison
from f1_devkit.cluster.kind import Cluster
from f1_devkit.cluster.outside import Outside
from f1_devkit.cluster.seasons import Season
from f1_devkit.kubernetes.helm import Helm
from f1_devkit.kubernetes.kubectl import Kubectl, eventually

Install = Callable[[Helm, Outside], None]

# Requests of four clients, each with a new connection, until the file exists; then it writes a
# report. It starts after ten consecutive answers, since policies apply to a new pod after some
# seconds.
CLIENT = """
import json, sys, threading, time, urllib.request
from pathlib import Path

url, stop, count, failures = sys.argv[1], Path("/tmp/stop"), 0, []
lock = threading.Lock()

def problem_of_a_request():
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            answer.read()
    except OSError as error:
        return f"{time.strftime('%T')} {error!r}"

def send_requests():
    global count
    while not stop.exists():
        problem = problem_of_a_request()
        with lock:
            count += 1
            if problem:
                failures.append(problem)
        time.sleep(0.05)

while any([problem_of_a_request() for _ in range(10)]):
    time.sleep(0.2)
Path("/tmp/begun").touch()
threads = [threading.Thread(target=send_requests) for _ in range(4)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
Path("/tmp/report").write_text(json.dumps({"requests": count, "failures": failures}))
time.sleep(3600)
"""


VALUES = {
    "api": {"keys": "none"},
    "ingest": {"settings": {"F1_BUDGET_PER_SECOND": 1000, "F1_BUDGET_PER_HOUR": 100_000}},
}


@pytest.fixture(scope="module")
def previous(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Install:
    """Installs the previous version, whose images are built from the history."""
    try:
        version = previous_version.find()
    except previous_version.NoPreviousVersion as none:
        pytest.skip(str(none))
    folder = tmp_path_factory.mktemp("previous")
    chart = version.check_out(folder)
    cluster.load(*version.build(folder))
    values = charts.merged(VALUES, {"image": {"tag": version.version}})
    return lambda helm, outside: charts.install(helm, outside, values, folder=chart)


@pytest.fixture
def traffic(previous: Install, helm: Helm, outside: Outside, kubectl: Kubectl) -> Iterator[Kubectl]:
    """The previous version, and a pod that sends requests to its API through the Service."""
    previous(helm, outside)
    url = f"http://f1-api.{kubectl.namespace}.svc.cluster.local/seasons"
    outside.kubectl.apply(_client(url))
    begun = ("pod/client", "ls", "/tmp/begun")
    eventually("it is let in", lambda: outside.kubectl.execute(*begun), timeout=90)
    yield kubectl
    outside.kubectl.delete("pod", "client")
    helm.uninstall(charts.RELEASE)


def test_no_request_fails_during_an_upgrade_and_a_rollback(
    traffic: Kubectl, helm: Helm, outside: Outside, comparison: Comparison
) -> None:
    """Each version fetches a Season, the old one finally with a newer schema. After the second
    upgrade, the new version processes again what the old one has processed.
    """
    old, new, rolled_back = (Season(traffic, year, rounds="1-2") for year in (2022, 2023, 2024))
    first, schema = _pods(traffic), _schema(outside)
    old.apply()
    old.until_ready()

    charts.install(helm, outside, VALUES)
    second = _pods(traffic)
    assert not first & second, "every API pod was replaced"
    assert schema <= _schema(outside) == newest_revision()
    new.apply()
    new.until_ready()

    helm("rollback", charts.RELEASE, "1", "--wait", "--timeout", "180s")
    assert not second & _pods(traffic)
    assert _schema(outside) == newest_revision()
    rolled_back.apply()
    rolled_back.until_ready()

    charts.install(helm, outside, VALUES)
    report = _report(outside)
    assert report["failures"] == []
    assert report["requests"] > 100
    with outside.engine() as engine:
        eventually("all is processed again", lambda: _unread(engine) == 0, timeout=300)
    for season in (old, new, rolled_back):
        season.until_ready()
        comparison.assert_exact(season)


def _schema(outside: Outside) -> str:
    with outside.engine() as engine, engine.connect() as connection:
        return str(connection.scalar(sa.text("SELECT version_num FROM alembic_version")))


def _unread(engine: sa.Engine) -> int:
    """The number of captures that wait, or that an older version processed last."""
    query = """
        SELECT count(*) FROM captures
         WHERE parser_version IS DISTINCT FROM (SELECT max(parser_version) FROM captures)
    """
    with engine.connect() as connection:
        return int(connection.scalar(sa.text(query)) or 0)


def _report(outside: Outside) -> dict[str, Any]:
    outside.kubectl.execute("pod/client", "touch", "/tmp/stop")
    text = eventually(
        "reported", lambda: outside.kubectl.execute("pod/client", "cat", "/tmp/report")
    )
    report: dict[str, Any] = json.loads(text)
    return report


def _pods(kubectl: Kubectl) -> set[str]:
    selector = "app.kubernetes.io/component=api"
    return {one["metadata"]["uid"] for one in kubectl.list("pods", selector) if _stays(one)}


def _stays(pod: dict[str, Any]) -> bool:
    return "deletionTimestamp" not in pod["metadata"]


def _client(url: str) -> dict[str, Any]:
    container = {
        "name": "main",
        "image": "f1-api:dev",
        "imagePullPolicy": "Never",
        "command": ["python3", "-c", CLIENT, url],
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "client", "labels": {"f1.telemetry.dev/client": "true"}},
        "spec": {"containers": [container], "terminationGracePeriodSeconds": 0},
    }
