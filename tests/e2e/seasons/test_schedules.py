"""CronJobs run, started manually and by the clock; never two at once, and few are kept."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
import sqlalchemy as sa

from f1_devkit.cluster import charts
from f1_devkit.cluster.outside import Outside
from f1_devkit.kubernetes.helm import Helm
from f1_devkit.kubernetes.kubectl import Kubectl, eventually
from f1_ingest.synthetic import cached_season

YEAR = 2018
MINUTELY = {
    "enabled": True,
    "schedule": "*/1 * * * *",
    "args": ["backfill", "--season", str(YEAR)],
    "startingDeadlineSeconds": 50,
    "activeDeadlineSeconds": 600,
    "backoffLimit": 0,
    "suspend": True,
}


@pytest.fixture(scope="module", autouse=True)
def release(helm: Helm, outside: Outside) -> Iterator[None]:
    """A release with an additional CronJob; its source has the current season."""
    charts.install(helm, outside, {"ingest": {"cronJobs": {"minutely": MINUTELY}}})
    outside.control({"now": datetime.now(UTC).isoformat()})
    yield
    helm.uninstall(charts.RELEASE)


def test_poll_and_daily_update_the_current_season(kubectl: Kubectl, outside: Outside) -> None:
    for name in ("poll", "daily"):
        kubectl("create", "job", f"{name}-now", f"--from=cronjob/f1-{name}")
        wait = ("wait", "--for=condition=Complete", f"job/{name}-now", "--timeout=240s")
        kubectl(*wait, timeout=250)

    now = datetime.now(UTC)
    ran = [(run.kind, run.season, run.outcome, run.scheduled_at) for run in runs(outside, now.year)]
    assert ran == [
        ("poll", now.year, "succeeded", None),
        ("backfill", now.year, "succeeded", None),
    ]

    weekends = cached_season(now.year).weekends
    over = [one for one in weekends if one.race.starts_at < now - timedelta(days=1)]
    expected = {one.race.round: len(one.laps) for one in over}
    eventually(
        "the worker has it all",
        lambda: expected.items() <= laps(outside, now.year).items(),
        timeout=120,
    )


def test_by_the_clock_one_job_runs_at_a_time_and_the_last_one_is_kept(
    kubectl: Kubectl, outside: Outside
) -> None:
    outside.control({"faults": {"outage": "slow", "slow_s": 5}})
    suspend(kubectl, "false")
    eventually("it starts by the clock", lambda: jobs(kubectl), timeout=120)
    eventually("its next minute is skipped", lambda: skipped(kubectl), timeout=150)
    (first,) = jobs(kubectl)
    assert first["status"]["active"] == 1

    outside.control({"faults": {"outage": None}})
    eventually(
        "another one is done", lambda: done(kubectl) - {first["metadata"]["uid"]}, timeout=240
    )
    suspend(kubectl, "true")
    eventually("one is kept", lambda: len(jobs(kubectl)) == len(done(kubectl)) == 1, timeout=90)
    assert first["metadata"]["uid"] not in done(kubectl)

    ran = runs(outside, YEAR)
    assert {run.outcome for run in ran} == {"succeeded"}
    assert all(run.scheduled_at.second == 0 for run in ran)
    assert ran[0].captures > 0
    assert all(run.requests == 0 for run in ran[1:]), "there was nothing left to fetch"
    assert len(ran) > 1
    for earlier, later in pairwise(ran):
        assert later.started_at > earlier.finished_at


def runs(outside: Outside, year: int) -> list[Any]:
    """The runs of a year in the ledger, in order."""
    query = sa.text("SELECT * FROM ingest_runs WHERE season = :year ORDER BY started_at")
    with outside.engine() as engine, engine.connect() as connection:
        return list(connection.execute(query, {"year": year}))


def laps(outside: Outside, year: int) -> dict[int, int]:
    """Rows of laps by round."""
    query = sa.text(
        "SELECT round, count(lap) FROM races LEFT JOIN lap_times"
        " ON lap_times.race_id = races.race_id AND session = 'race'"
        " WHERE season = :year GROUP BY round"
    )
    with outside.engine() as engine, engine.connect() as connection:
        return {row[0]: row[1] for row in connection.execute(query, {"year": year})}


def suspend(kubectl: Kubectl, value: str) -> None:
    patch = f'{{"spec": {{"suspend": {value}}}}}'
    kubectl("patch", "cronjob", "f1-minutely", "--type=merge", f"--patch={patch}")


def jobs(kubectl: Kubectl) -> list[dict[str, Any]]:
    return kubectl.list("jobs", "f1.telemetry.dev/cronjob=minutely")


def done(kubectl: Kubectl) -> set[str]:
    return {one["metadata"]["uid"] for one in jobs(kubectl) if one["status"].get("succeeded")}


def skipped(kubectl: Kubectl) -> bool:
    arguments = ("get", "events", "--field-selector=reason=JobAlreadyActive", "--output=name")
    return bool(kubectl(*arguments).strip())
