"""Why a pod failed, from the program's message."""

from datetime import timedelta
from typing import Any

import pytest
from seasons.world import START, World

from f1_operator.jobs.failure_reasons import needs_reasons, read_reasons
from f1_operator.jobs.observed import ObservedJob


def job() -> ObservedJob:
    world = World()
    world.reconcile()
    world.run_plan()
    world.reconcile()
    world.fetch(1, 2, 4)
    world.give_up(3)
    return world.observed_job("backfill")


def pod(index: int | None, message: str, code: int = 1, at: str = "2030", **more: Any) -> Any:
    labels = {} if index is None else {"batch.kubernetes.io/job-completion-index": str(index)}
    ended = {"exitCode": code, "message": message, "finishedAt": at, **more}
    return {
        "metadata": {"labels": labels},
        "status": {"containerStatuses": [{"state": {"terminated": ended}}]},
    }


LOG = """\
{"event": "progress", "done": 3}
{"event": "run ended", "outcome": "failed"}
f1-ingest: 2 of 7 captures failed:
  laps of 2024-monaco: 404 there is no such race
  results of 2024-monaco: 404 there is no such race
"""


def test_the_last_message_of_the_program_is_the_reason() -> None:
    (reasons,) = {read_reasons(job(), [pod(2, LOG)])[job().name, 3]}
    assert reasons == (
        "2 of 7 captures failed: laps of 2024-monaco: 404 there is no such race "
        "results of 2024-monaco: 404 there is no such race"
    )


@pytest.mark.parametrize(
    ("code", "more", "words"),
    [
        (2, {}, "settings or usage are wrong, exit code 2"),
        (137, {"reason": "OOMKilled"}, "killed (memory?), exit code 137"),
        (1, {"reason": "Error"}, "Error, exit code 1"),
    ],
)
def test_a_pod_without_a_message_has_its_exit_code(code: int, more: Any, words: str) -> None:
    assert read_reasons(job(), [pod(2, "", code, **more)])[job().name, 3] == words


def test_the_last_of_several_attempts_is_the_reason() -> None:
    pods = [pod(2, "f1-ingest: second", at="2031"), pod(2, "f1-ingest: first", at="2030")]
    reasons = read_reasons(job(), pods)
    assert reasons[job().name, 3] == reasons[job().name, 0] == "second"


def test_a_restarted_container_reports_its_last_end() -> None:
    one = pod(None, "f1-worker: Postgres: connection refused")
    status = one["status"]["containerStatuses"][0]
    one["status"]["containerStatuses"][0] = {
        "state": {"waiting": {"reason": "CrashLoopBackOff"}},
        "lastState": status["state"],
    }
    assert read_reasons(job(), [one])[job().name, 0] == "Postgres: connection refused"


def test_pods_are_read_only_for_unknown_reasons() -> None:
    failed = job()
    assert needs_reasons(failed, set(), START)
    assert not needs_reasons(failed, {(failed.name, 0), (failed.name, 3)}, START)


def test_pods_of_a_job_that_fetches_or_is_complete_are_not_read() -> None:
    world = World()
    world.reconcile()
    world.run_plan()
    world.reconcile()
    world.later(minutes=1)
    assert not needs_reasons(world.observed_job("backfill"), set(), world.now)
    world.fetch(1, 2, 3, 4)
    assert world.observed_job("backfill").outcome == "Complete"
    assert not needs_reasons(world.observed_job("backfill"), set(), world.now)


def test_pods_without_a_message_are_read_once_more_at_the_end() -> None:
    world = World()
    world.reconcile()
    later = START + timedelta(minutes=1)
    known = read_reasons(world.observed_job("plan"), [])
    assert known == {}, "it may still fail, with a message"
    world.end(world.job("plan"), "Failed")
    plan = world.observed_job("plan")
    assert needs_reasons(plan, known, later)
    known = read_reasons(plan, [])
    assert not needs_reasons(plan, known, later), "it will not have a message"


def test_the_pods_of_a_slow_plan_are_read() -> None:
    world = World()
    world.reconcile()
    plan = world.observed_job("plan")
    assert not needs_reasons(plan, set(), START)
    assert needs_reasons(plan, set(), START + timedelta(minutes=1))

    world.reasons[plan.name, 0] = "the source is unavailable: HTTP 521"
    world.reconcile()
    planned = world.status.condition("Planned")
    assert planned is not None
    assert planned.message.endswith("its last pod failed: the source is unavailable: HTTP 521")
    assert world.phase == "Planning"
