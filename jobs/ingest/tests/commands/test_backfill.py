"""A season's races are captured once, completely, and with few requests."""

from collections import Counter
from collections.abc import Callable
from subprocess import CompletedProcess

import pytest
import sqlalchemy as sa

from f1_core.capture import Capture
from f1_core.store.rawstore import RawStore
from f1_devkit.servers.jolpica.server import JolpicaServer
from f1_ingest.synthetic import season

Ingest = Callable[..., CompletedProcess[str]]
Captures = Callable[..., list[Capture]]


def test_a_race_costs_one_request_per_page(
    ingest: Ingest, source: JolpicaServer, captures: Captures
) -> None:
    ran = ingest("backfill", "--season", 2024, "--rounds", "1-2", F1_JOLPICA_URL=source.url)
    assert (ran.returncode, ran.stderr) == (0, "")
    pages = 1  # the schedule
    for number in (1, 2):
        weekend = source.dataset.weekend(2024, number)
        pages += -(-len(weekend.laps) // 100) + 5
    assert len(source.log) == pages
    assert f"12 captured, 0 already present, {pages} requests" in ran.stdout
    headers = [one.header for one in captures()]
    assert sum(header.requests for header in headers) == pages
    assert [(h.round, h.resource) for h in headers[:4]] == [
        (None, "schedule"),
        (1, "results"),
        (1, "qualifying"),
        (1, "pitstops"),
    ]


def test_all_laps_are_captured_byte_for_byte(
    ingest: Ingest,
    source: JolpicaServer,
    captures: Captures,
    laps_in: Callable[..., Counter[object]],
    laps_served: Callable[..., set[object]],
) -> None:
    ingest("round", "--season", 2024, "--round", 3, F1_JOLPICA_URL=source.url)
    (laps,) = captures("laps")
    assert laps.header.total == len(laps_served(source, 3))
    assert laps_in(laps) == Counter(laps_served(source, 3))
    assert laps.header.race is not None
    assert laps.header.race.circuit_id == source.dataset.weekend(2024, 3).race.circuit_id
    assert laps.pages[0].url == f"{source.url}/2024/3/laps.json?limit=100&offset=0"


def test_a_sprint_is_fetched_where_the_schedule_has_one(
    ingest: Ingest, source: JolpicaServer, captures: Captures
) -> None:
    with_sprint = next(w.race.round for w in source.dataset.season(2024) if w.sprint)
    ingest(
        *("backfill", "--season", 2024, "--rounds", f"1,{with_sprint}"),
        *("--resources", "sprint"),
        F1_JOLPICA_URL=source.url,
    )
    assert [one.header.round for one in captures("sprint")] == [with_sprint]


def test_rounds_that_are_not_run_are_not_requested(
    ingest: Ingest, source: JolpicaServer, captures: Captures
) -> None:
    second = source.dataset.weekend(2024, 2).race
    ran = ingest(
        *("backfill", "--season", 2024, "--rounds", "1-5", "--resources", "results"),
        *("--as-of", f"{second.date}T23:59"),
        F1_JOLPICA_URL=source.url,
    )
    assert ran.returncode == 0
    assert [one.header.round for one in captures("results")] == [1, 2]
    assert len(source.log) == 3


def test_laps_are_not_requested_before_1996_nor_pit_stops_before_2011(
    ingest: Ingest, jolpica_server: Callable[..., JolpicaServer]
) -> None:
    for year, resources in (
        (1995, {"results", "qualifying", "driverstandings", "constructorstandings"}),
        (2010, {"results", "qualifying", "driverstandings", "constructorstandings", "laps"}),
    ):
        source = jolpica_server(season(year))
        ran = ingest("round", "--season", year, "--round", 1, F1_JOLPICA_URL=source.url)
        assert ran.returncode == 0, ran.stderr
        requested = {
            request.path.rpartition("/")[2].removesuffix(".json") for request in source.log
        }
        assert requested == resources | {"races"}


def test_a_source_that_changes_during_a_reading_is_read_again(
    ingest: Ingest,
    source: JolpicaServer,
    captures: Captures,
    laps_in: Callable[..., Counter[object]],
    laps_served: Callable[..., set[object]],
) -> None:
    """Two pages have different totals: the first reading is dropped."""

    def correct(path: str) -> None:
        if source.log.count("/1/laps") == 3:
            source.on_request = None
            source.correct(lambda data: data.weekend(2024, 1).laps.pop())

    source.on_request = correct
    ran = ingest(
        *("round", "--season", 2024, "--round", 1, "--resources", "laps"),
        F1_JOLPICA_URL=source.url,
    )
    assert ran.returncode == 0
    (laps,) = captures("laps")
    assert laps_in(laps) == Counter(laps_served(source, 1))
    assert laps.header.requests == 4 + -(-len(laps_served(source, 1)) // 99)
    assert "limit=99" in laps.pages[0].url, "the same URL would be cached"


def test_an_empty_response_is_requested_twice(
    ingest: Ingest, source: JolpicaServer, captures: Captures
) -> None:
    """Jolpica responds with `total: 0` for future races, for invalid rounds, and in failures."""
    source.faults.script("empty", path="/1/results")
    source.correct(lambda data: data.weekend(2024, 1).pit_stops.clear())
    ran = ingest(
        *("round", "--season", 2024, "--round", 1, "--resources", "results,pitstops"),
        F1_JOLPICA_URL=source.url,
    )
    assert ran.returncode == 0
    assert [one.header.total for one in captures("results")] == [20]
    assert [(o.header.total, o.header.requests) for o in captures("pitstops")] == [(0, 2)]


def test_a_season_that_the_source_lacks_is_reported_and_not_captured(
    ingest: Ingest, source: JolpicaServer, captures: Captures
) -> None:
    ran = ingest("backfill", "--season", 2031, F1_JOLPICA_URL=source.url)
    assert ran.returncode == 1
    assert "jolpica has no races of 2031" in ran.stderr
    assert captures() == []


def test_the_synthetic_source_needs_no_server_and_no_budget(
    ingest: Ingest, captures: Captures, engine: sa.Engine
) -> None:
    ran = ingest(
        *("round", "--season", 2024, "--round", 1, "--source", "synthetic"),
        F1_BUDGET_PER_HOUR=1,
    )
    assert ran.returncode == 0, ran.stderr
    assert len(captures("laps")[0].pages) > 5
    assert all(one.header.synthetic for one in captures())
    with engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT synthetic FROM installation")) is True


def test_synthetic_and_real_data_are_not_mixed(
    ingest: Ingest, source: JolpicaServer, store: RawStore
) -> None:
    arguments = ("round", "--season", 2024, "--round", 1, "--resources", "results")
    assert ingest(*arguments, "--source", "synthetic").returncode == 0
    ran = ingest(*arguments, F1_JOLPICA_URL=source.url)
    assert ran.returncode == 2
    assert "this database holds synthetic data and cannot take real data too" in ran.stderr
    assert len(source.log) == 0
    assert all("/synthetic/" in key for key in store.keys("raw/"))


def test_a_new_database_refuses_a_bucket_of_the_other_kind_of_data(
    ingest: Ingest, source: JolpicaServer, store: RawStore, engine: sa.Engine
) -> None:
    arguments = ("round", "--season", 2024, "--round", 1, "--resources", "results")
    assert ingest(*arguments, "--source", "synthetic").returncode == 0
    with engine.begin() as connection:
        connection.execute(sa.text("TRUNCATE installation, captures CASCADE"))
    ran = ingest(*arguments, F1_JOLPICA_URL=source.url)
    assert ran.returncode == 2
    assert f"the bucket {store.bucket} holds synthetic data and cannot take real" in ran.stderr
    with engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT synthetic FROM installation")) is None
        assert connection.scalar(sa.text("SELECT count(*) FROM captures")) == 0


def test_a_run_is_recorded(ingest: Ingest, source: JolpicaServer, engine: sa.Engine) -> None:
    ingest("round", "--season", 2024, "--round", 1, F1_JOLPICA_URL=source.url)
    source.faults.outage = "504"
    ingest("round", "--season", 2024, "--round", 2, F1_JOLPICA_URL=source.url, F1_HTTP_PATIENCE_S=1)
    with engine.connect() as connection:
        runs = connection.execute(
            sa.text(
                "SELECT kind, source, season, outcome, captures, requests > 10, detail,"
                " finished_at > started_at FROM ingest_runs ORDER BY started_at"
            )
        ).all()
    assert runs[0] == ("round", "jolpica", 2024, "succeeded", 7, True, None, True)
    assert runs[1][:5] == ("round", "jolpica", 2024, "source_unavailable", 0)
    assert "504" in runs[1].detail


def test_an_indexed_jobs_pod_fetches_the_round_at_its_index(
    ingest: Ingest, source: JolpicaServer, captures: Captures
) -> None:
    pod = {"F1_ROUNDS_BY_INDEX": "[3, 5, 8]", "JOB_COMPLETION_INDEX": "1"}
    ran = ingest(
        *("backfill", "--season", 2024, "--resources", "results"), F1_JOLPICA_URL=source.url, **pod
    )
    assert ran.returncode == 0, ran.stderr
    assert [one.header.round for one in captures("results")] == [5]


@pytest.mark.parametrize(
    ("rounds", "index"), [("[3]", "1"), ("[3]", "-1"), ("3", "0"), ("[0]", "0"), ("[3", "0")]
)
def test_a_wrong_map_of_an_indexed_job_is_wrong_usage(
    ingest: Ingest, rounds: str, index: str
) -> None:
    ran = ingest(
        "backfill", "--season", 2024, F1_ROUNDS_BY_INDEX=rounds, JOB_COMPLETION_INDEX=index
    )
    assert ran.returncode == 2
    assert "F1_ROUNDS_BY_INDEX" in ran.stderr
