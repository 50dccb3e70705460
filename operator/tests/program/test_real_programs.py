"""The operator with the real f1-ingest, f1-worker and f1-api: their interfaces fit.

The pods are processes of this machine; the rest of Kubernetes is as in the other tests.
"""

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from forked.process import ForkedProcess, run
from seasons.cluster import SeasonCluster, connected
from seasons.player import Player

from f1_devkit.servers.ports import LOOPBACK, free_port
from f1_operator import names
from f1_operator.jobs.observed import ObservedJob
from f1_operator.kube.client import Kubernetes

NewCluster = Callable[..., SeasonCluster]


class RealPods(Player):
    """Runs the program in a Job's template."""

    def __init__(self, kubernetes: Kubernetes, namespace: str, environment: dict[str, str]) -> None:
        super().__init__(kubernetes, namespace, None)
        self.environment = environment

    def advance(self, body: Any, job: ObservedJob) -> None:
        if not job.rounds:
            self.end(body, {}, failed=self._pod(body, job, 0) != 0)
            return
        done: list[str] = []
        failed: list[str] = []
        for index in range(len(job.rounds)):
            (done if self._pod(body, job, index) == 0 else failed).append(str(index))
        indexes = {"completedIndexes": ",".join(done), "failedIndexes": ",".join(failed)}
        self.end(body, indexes, failed=bool(failed))

    def _pod(self, body: Any, job: ObservedJob, index: int) -> int:
        (container,) = body["spec"]["template"]["spec"]["containers"]
        ran = run(
            [container["image"].partition(":")[0], *container["args"]],
            env={
                **os.environ,
                **self.environment,
                **{one["name"]: one["value"] for one in container.get("env", ())},
                "JOB_COMPLETION_INDEX": str(index),
            },
            timeout=120,
        )
        if ran.returncode:
            self.fail_pod(job, index, ran.returncode, ran.stderr)
        return ran.returncode


@pytest.fixture
def environment(f1_environment: dict[str, str]) -> dict[str, str]:
    return {
        **f1_environment,
        "F1_BUDGET_PER_SECOND": "1000",
        "F1_BUDGET_PER_HOUR": "100000",
        "F1_LOG_FORMAT": "console",
    }


@pytest.fixture
def real_cluster(new_cluster: NewCluster, environment: dict[str, str]) -> Iterator[SeasonCluster]:
    """The operator, with real programs around it."""
    port = free_port()
    started = [
        ForkedProcess([program, *arguments], env={**os.environ, **environment, **more})
        for program, arguments, more in (
            ("f1-api", ["serve"], {"F1_API_PORT": str(port)}),
            ("f1-worker", ["run"], {}),
        )
    ]
    cluster = new_cluster()
    cluster.player.stop()
    kubernetes = Kubernetes(connected(1, cluster.kubeconfig), 10)
    pods = RealPods(kubernetes, cluster.namespace, environment)
    pods.start()
    operator = cluster.new_operator(F1_API_URL=f"http://{LOOPBACK}:{port}")
    cluster.operator = operator
    operator.start()
    yield cluster
    pods.stop()
    for process in started:
        process.terminate()
        process.wait(timeout=30)


def test_a_season_becomes_ready_with_its_rows(
    real_cluster: SeasonCluster, engine: sa.Engine
) -> None:
    real_cluster.apply(source="synthetic", rounds="1-2", refresh={"interval": "never"})
    real_cluster.until_phase("Ready")

    status = real_cluster.status()
    assert status["progress"] == "2/2"
    assert status["rounds"]["total"] == 2
    assert status["requests"]["spent"] > 10
    with engine.connect() as connection:
        laps = connection.execute(sa.text("SELECT count(*) FROM lap_times")).scalar_one()
    assert 0 < laps < status["rows"]

    # More rounds fetch only what is missing.
    real_cluster.edit(rounds="1-3")
    real_cluster.until(lambda: real_cluster.status()["progress"] == "3/3")
    assert sorted(job.rounds for job in real_cluster.jobs("backfill")) == [(1, 2), (3,)]


def test_a_round_that_does_not_exist_is_reported_with_the_message_of_ingest(
    real_cluster: SeasonCluster,
) -> None:
    real_cluster.apply(source="synthetic", rounds="1,40")
    real_cluster.until_phase("Failed")
    planned = real_cluster.condition("Planned")
    assert planned["reason"] == "PlanFailed"
    assert planned["message"].startswith("2024 has no round 40: it has 1 to ")


def test_purge_removes_the_rows(real_cluster: SeasonCluster, engine: sa.Engine) -> None:
    real_cluster.apply(source="synthetic", rounds="1", deletionPolicy="Purge")
    real_cluster.until_phase("Ready")
    real_cluster.delete()
    real_cluster.until(real_cluster.gone)

    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM lap_times")).scalar_one() == 0
        why = connection.execute(sa.text("SELECT decided_by FROM decisions")).scalar_one()
    assert why == f"Season {real_cluster.namespace}/season-2024"
    real_cluster.until(lambda: "Purged" in real_cluster.events())  # posted when the Season is gone
    real_cluster.until(lambda: not real_cluster.jobs(names.TASK_PURGE))
