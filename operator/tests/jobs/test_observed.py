"""How the operator reads its Jobs: indexes are rounds, only two conditions are ends."""

import copy
from datetime import UTC, datetime
from typing import Any

import pytest
from seasons.world import World

from f1_operator import names
from f1_operator.jobs.observed import ObservedJob, parse_indexes

AT = "2030-01-01T13:00:00Z"


def backfill(**status: Any) -> Any:
    """A backfill of the rounds 1 to 4, with this status."""
    world = World()
    world.reconcile()
    world.run_plan()
    world.reconcile()
    body = copy.deepcopy(world.job("backfill"))
    body["status"] = status
    return body


def condition(kind: str, status: str = "True") -> dict[str, str]:
    return {
        "type": kind,
        "status": status,
        "reason": "BackoffLimitExceeded",
        "message": "too many failures",
        "lastTransitionTime": AT,
    }


@pytest.mark.parametrize(
    ("text", "indexes"),
    [(None, []), ("", []), ("0", [0]), ("1,3-5", [1, 3, 4, 5]), ("0-1,7", [0, 1, 7])],
)
def test_indexes_are_numbers_and_ranges(text: str | None, indexes: list[int]) -> None:
    assert parse_indexes(text) == indexes


def test_indexes_are_rounds_and_others_than_the_jobs_are_ignored() -> None:
    job = ObservedJob.read(backfill(completedIndexes="0,3-5", failedIndexes="1,4", active=1))
    assert job.rounds == (1, 2, 3, 4)
    assert job.completed == {1, 4}
    assert job.failed == {2}
    assert job.unfinished_rounds == {3}
    assert job.active == 1
    assert (job.outcome, job.finished, job.finished_at) == (None, False, None)


@pytest.mark.parametrize("kind", ["Complete", "Failed"])
def test_a_job_ends_with_one_of_two_conditions(kind: str) -> None:
    others = [condition("SuccessCriteriaMet"), condition("FailureTarget"), condition("Suspended")]
    job = ObservedJob.read(backfill(conditions=[*others, condition(kind)]))
    assert (job.outcome, job.finished) == (kind, True)
    assert (job.reason, job.message) == ("BackoffLimitExceeded", "too many failures")
    assert job.finished_at == datetime(2030, 1, 1, 13, tzinfo=UTC)
    assert job.unfinished_rounds == set()
    for not_yet in (others, [condition(kind, "False")]):
        job = ObservedJob.read(backfill(conditions=not_yet))
        assert (job.outcome, job.reason, job.finished_at) == (None, "", None)


def test_missing_fields_have_defaults() -> None:
    body = backfill()
    body["status"] = None
    for field in ("suspend", "parallelism"):
        body["spec"].pop(field, None)
    body["metadata"]["annotations"] = None
    body["metadata"]["labels"].pop(names.PLAN_LABEL, None)
    del body["spec"]["template"]["spec"]["containers"][0]["env"]
    job = ObservedJob.read(body)
    assert (job.suspended, job.parallelism, job.active, job.deleting) == (False, 1, 0, False)
    assert job.plan_generation == 0
    assert (job.season_key, job.work, job.stamp) == ("f1/season-2024", "", "")
    assert job.rounds == ()
    assert job.completed == job.failed == frozenset()


def test_a_job_with_a_deletion_timestamp_is_deleting() -> None:
    body = backfill()
    body["metadata"]["deletionTimestamp"] = AT
    assert ObservedJob.read(body).deleting
