"""Upgrades and rollbacks with traffic on the API: no request fails."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from f1_core.database import newest_revision
from f1_local.kubernetes import charts
from f1_local.kubernetes.helm import Helm
from f1_local.kubernetes.kubectl import Kubectl, eventually
from f1_local.kubernetes.outside import Outside

# Asks as four clients do, each with a connection a request, until the file is there; then tells.
# It begins when ten answers in a row came: the policies' enforcer has to hear of a new pod first.
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

def ask():
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
threads = [threading.Thread(target=ask) for _ in range(4)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
Path("/tmp/told").write_text(json.dumps({"requests": count, "failures": failures}))
time.sleep(3600)
"""


@pytest.fixture
def traffic(helm: Helm, outside: Outside, kubectl: Kubectl) -> Iterator[Kubectl]:
    """The release, and a pod that asks its API all the time through the Service."""
    charts.install(helm, outside, {"api": {"keys": "none"}})
    url = f"http://f1-api.{kubectl.namespace}.svc.cluster.local/seasons"
    outside.kubectl.apply(_client(url))
    begun = ("pod/client", "ls", "/tmp/begun")
    eventually("it is let in", lambda: outside.kubectl.execute(*begun), timeout=90)
    yield kubectl
    outside.kubectl.delete("pod", "client")
    helm.uninstall(charts.RELEASE)


def test_no_request_fails_while_pods_are_replaced_and_the_schema_moves_on(
    traffic: Kubectl, helm: Helm, outside: Outside
) -> None:
    """A rolling update to another setting; then a newer release that only added to the schema, and
    a rollback from it: the old code works on the new schema, and its migration leaves it alone.
    """
    first = _pods(traffic)
    charts.install(helm, outside, {"api": {"keys": "none", "settings": {"F1_API_CACHE_MB": 8}}})
    second = _pods(traffic)
    assert not first & second, "every API pod was replaced"

    newer = newest_revision()[:2] + "99"
    with outside.engine() as engine, engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE drivers ADD COLUMN nickname text"))
        connection.execute(sa.text("UPDATE alembic_version SET version_num = :v"), {"v": newer})

    helm("rollback", charts.RELEASE, "1", "--wait", "--timeout", "180s")
    third = _pods(traffic)
    assert not second & third
    charts.install(helm, outside, {"api": {"keys": "none"}})

    told = _told(outside)
    assert told["failures"] == []
    assert told["requests"] > 100


def _told(outside: Outside) -> dict[str, Any]:
    outside.kubectl.execute("pod/client", "touch", "/tmp/stop")
    text = eventually("it tells", lambda: outside.kubectl.execute("pod/client", "cat", "/tmp/told"))
    told: dict[str, Any] = json.loads(text)
    return told


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
