"""Two seasons at once, from `kubectl apply` to exact rows, within one request budget; and again
from S3 after the database is lost.
"""

import math
import time
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from f1_devkit.cluster import charts
from f1_devkit.cluster.client import Client
from f1_devkit.cluster.comparison import Comparison
from f1_devkit.cluster.outside import Outside
from f1_devkit.cluster.seasons import Season
from f1_devkit.kubernetes.helm import Helm
from f1_devkit.kubernetes.kubectl import Kubectl, eventually
from f1_devkit.programs.tables import Rows, read_tables
from f1_devkit.servers.jolpica.limits import most_in_a_window
from f1_ingest.synthetic import cached_season

YEARS = (2023, 2024)
# The real service allows 200 in 3600 s. The window is shorter here, so that the test takes minutes.
PER_HOUR, HOUR_S = 60, 10
BUDGET = {
    "F1_BUDGET_PER_SECOND": 20,
    "F1_BUDGET_PER_HOUR": PER_HOUR,
    "F1_BUDGET_WINDOW_S": HOUR_S,
}
VALUES = {"api": {"keys": "none"}, "ingest": {"settings": BUDGET}}


@pytest.fixture(scope="module")
def both(helm: Helm, outside: Outside, kubectl: Kubectl) -> Iterator[list[Season]]:
    """Two Seasons of the source, applied at once, until both are Ready."""
    charts.install(helm, outside, VALUES)
    outside.control({"limits": {"per_second": 20, "per_hour": PER_HOUR, "hour_s": HOUR_S}})
    seasons = [Season(kubectl, year, source="jolpica", parallelism=4) for year in YEARS]
    for season in seasons:
        season.apply()
    for season in seasons:
        wait = ("wait", "--for=condition=Ready", f"season/{season.name}", "--timeout=900s")
        kubectl(*wait, timeout=910)
    yield seasons
    helm.uninstall(charts.RELEASE)


def test_both_report_all_rounds_as_served(both: list[Season]) -> None:
    for season in both:
        rounds = len(cached_season(season.year).weekends)
        status = season.status
        assert (status["phase"], status["progress"]) == ("Ready", f"{rounds}/{rounds}")
        assert season.condition("Ready")["message"] == f"{rounds} of {rounds} run rounds are served"


def test_the_rows_of_both_are_exact(both: list[Season], comparison: Comparison) -> None:
    for season in both:
        comparison.assert_exact(season)


def test_the_api_answers_every_lap_through_its_service(
    both: list[Season], outside: Outside, kubectl: Kubectl
) -> None:
    client = Client(outside.kubectl, kubectl.namespace)
    client.start()
    for season in both:
        weekends = cached_season(season.year).weekends
        paths = [f"/races/{season.year}-{one.race.round}/lap-times" for one in weekends]
        for weekend, answer in zip(weekends, client.get_all(*paths), strict=True):
            found = [tuple(lap.values()) for lap in answer["laps"]]
            laps = [(one.driver_id, one.lap, one.position, one.millis) for one in weekend.laps]
            assert found == sorted(laps), answer["race"]
            assert answer["completeness"]["complete"], answer["race"]


def test_all_pods_together_respect_the_budget_and_request_nothing_twice(
    both: list[Season], outside: Outside
) -> None:
    """Counted at the source. The minimum is one request for every hundred rows of each capture."""
    requests = outside.requests()
    most = most_in_a_window((one["at"] for one in requests), HOUR_S)
    with outside.engine() as engine, engine.connect() as connection:
        query = "SELECT season, round, resource, expected FROM captures"
        captures = connection.execute(sa.text(query)).all()
    fewest = sum(max(1, math.ceil((one.expected or 0) / 100)) for one in captures)
    print(f"\n{len(requests)} requests of {fewest}; {most} of {PER_HOUR} in {HOUR_S} s")  # noqa: T201 - with pytest -s

    assert {one["status"] for one in requests} == {200}
    assert most <= PER_HOUR
    assert len(captures) == len({(one.season, one.round, one.resource) for one in captures})
    assert len(requests) == fewest
    counts = [season.status["requests"] for season in both]
    assert sum(one["spent"] for one in counts) == fewest
    assert [one["estimated"] for one in counts] == [0, 0]


def test_a_lost_database_is_rebuilt_from_s3_without_a_request(
    both: list[Season], helm: Helm, kubectl: Kubectl, outside: Outside
) -> None:
    """By the commands of docs/recovery.md, timed until every row is restored."""
    requests = len(outside.requests())
    with outside.engine() as engine:
        before = read_tables(engine)
        began = time.monotonic()
        deployments = [f"deployment/f1-{one}" for one in ("api", "worker", "operator")]
        kubectl("scale", *deployments, "--replicas=0")
        programs = "app.kubernetes.io/component in (api, worker, operator)"
        kubectl("wait", "--for=delete", "pods", f"--selector={programs}", "--timeout=2m")
        # The operator assumes that the plan of a finished plan Job is stored, but it is lost, too.
        kubectl("delete", "jobs", "--selector", "f1.telemetry.dev/season")
        server = sa.create_engine(engine.url.set(database="postgres"), poolclass=sa.pool.NullPool)
        with server.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(sa.text("DROP DATABASE f1 WITH (FORCE)"))
            connection.execute(sa.text("CREATE DATABASE f1"))
        kubectl("scale", *deployments, "--replicas=1")
        charts.install(helm, outside, VALUES)
        ready_s = time.monotonic() - began
        kubectl.execute("deployment/f1-worker", "f1-worker", "sweep", "--full", timeout=300)
        eventually("every capture is processed", lambda: _processed(engine, before), timeout=600)
        took_s = time.monotonic() - began
        after = read_tables(engine)
    figures = f"{len(before['captures'])} objects, {len(before['lap_times'])} laps"
    print(f"\n{figures}: {took_s:.0f} s, of it {ready_s:.0f} s until all pods are ready")  # noqa: T201
    for table, rows in before.items():
        assert after[table] == rows, table
    for season in both:
        season.until_ready()
    again = outside.requests()[requests:]
    paths = [one["path"] for one in again]
    for season in both:
        calendars = [path for path in paths if f"/{season.year}" in path]
        assert len(calendars) <= 1, "a calendar, for the new plan"
    assert len(paths) <= len(both)


def _processed(engine: sa.Engine, before: dict[str, Rows]) -> bool:
    """Whether the ledger has all its former captures, and none waits."""
    waits = "count(*) FILTER (WHERE state IN ('pending', 'processing'))"
    query = f"SELECT count(*), {waits} FROM captures"
    with engine.connect() as connection:
        total, waiting = connection.execute(sa.text(query)).one()
    return (total, waiting) == (len(before["captures"]), 0)
