"""A hundred Seasons at once do not overload the operator or the node."""

import json
import re
import time
import urllib.request
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from f1_devkit.cluster import charts
from f1_devkit.cluster.outside import Outside
from f1_devkit.kubernetes.helm import Helm
from f1_devkit.kubernetes.kubectl import Kubectl, eventually
from f1_operator import names
from f1_operator.jobs.observed import ObservedJob

pytestmark = pytest.mark.alone
# Up to the last year of a Season. Those of the future have a plan Job and nothing to fetch.
YEARS = range(2001, 2101)
COUNT = len(YEARS)
PLANS_AT_ONCE = 5
SPEC = {"resources": ["results"], "rounds": "1", "refresh": {"interval": "never"}}


@pytest.fixture(scope="module")
def hundred(helm: Helm, outside: Outside, kubectl: Kubectl) -> Iterator[Kubectl]:
    """All Seasons, applied by one command."""
    charts.install(helm, outside, {"operator": {"plansAtOnce": PLANS_AT_ONCE}})
    serve_all(outside)
    seasons = [season(year) for year in YEARS]
    body = json.dumps({"apiVersion": "v1", "kind": "List", "items": seasons})
    kubectl("apply", "--filename", "-", stdin=body, timeout=120)
    yield kubectl
    helm.uninstall(charts.RELEASE)


def test_each_season_gets_its_job_at_once_and_few_plans_run_at_a_time(hundred: Kubectl) -> None:
    """The time from a Season's creation to that of its plan Job, by the apiserver's clock. Jobs
    beyond the plan slots are created suspended, without pods.
    """
    running: list[int] = []

    def plans() -> list[ObservedJob]:
        bodies = hundred.list("jobs", f"{names.TASK_LABEL}={names.TASK_PLAN}")
        jobs = [ObservedJob.read(body) for body in bodies]
        running.append(sum(not job.suspended and not job.finished for job in jobs))
        return jobs

    eventually("a plan Job each", lambda: len(plans()) == COUNT, timeout=120)
    seasons = {one["metadata"]["uid"]: one["metadata"] for one in hundred.list("seasons")}
    waits = [
        (job.created_at - datetime.fromisoformat(seasons[job.season_uid]["creationTimestamp"]))
        for job in plans()
    ]
    longest_s = max(waits).total_seconds()
    print(f"\na Job each within {longest_s:.0f} s")  # noqa: T201 - with pytest -s
    assert longest_s <= 15, "the aim is 5"

    eventually("all are Ready", lambda: plans() and all_ready(hundred), timeout=900, pause=1)
    assert max(running) <= PLANS_AT_ONCE


def test_the_operator_is_idle_when_all_seasons_are_ready(hundred: Kubectl) -> None:
    eventually("all are Ready", lambda: all_ready(hundred), timeout=900, pause=1)
    calls = "f1_operator_kubernetes_requests_total"
    before, began = metric(hundred, calls), time.monotonic()
    time.sleep(60)
    each = (metric(hundred, calls) - before) / (time.monotonic() - began) * 60 / COUNT
    memory_mb = metric(hundred, "process_resident_memory_bytes") / 2**20
    print(f"\n{memory_mb:.0f} MB, {each:.2f} calls a minute each")  # noqa: T201 - with pytest -s
    eventually("all are Ready still", lambda: all_ready(hundred))
    assert memory_mb < 450, "the aim is 150"
    assert each < 1.5, "the aim is 0.5"


def season(year: int) -> dict[str, Any]:
    return {
        "apiVersion": names.API_VERSION,
        "kind": names.KIND,
        "metadata": {"name": f"season-{year}"},
        "spec": {"year": year, **SPEC},
    }


def serve_all(outside: Outside) -> None:
    """Add these seasons to the stand-in."""
    (container,) = outside.kubectl.get("deployment", "jolpica")["spec"]["template"]["spec"][
        "containers"
    ]
    args = list(container["args"])
    args[args.index("--season") + 1] = f"{YEARS[0]}-{YEARS[-1]}"
    change = {"spec": {"template": {"spec": {"containers": [{"name": "jolpica", "args": args}]}}}}
    outside.kubectl("patch", "deployment", "jolpica", f"--patch={json.dumps(change)}")
    outside.kubectl("rollout", "status", "deployment/jolpica", "--timeout=180s", timeout=190)


def all_ready(kubectl: Kubectl) -> bool:
    try:
        return metric(kubectl, "f1_operator_seasons", phase="Ready") == COUNT
    except OSError:  # disconnected, or too busy to answer
        return False


def metric(kubectl: Kubectl, name: str, **labels: str) -> float:
    """The sum of the operator's samples of that name that have these labels."""
    with (
        kubectl.port_forward("deployment/f1-operator", 9102) as address,
        urllib.request.urlopen(f"http://{address}/metrics", timeout=30) as answer,
    ):
        lines = answer.read().decode().splitlines()
    pairs = [f'{key}="{value}"' for key, value in labels.items()]
    found = [
        float(line.rpartition(" ")[2])
        for line in lines
        if re.match(rf"{name}[ {{]", line) and all(one in line for one in pairs)
    ]
    return sum(found)
