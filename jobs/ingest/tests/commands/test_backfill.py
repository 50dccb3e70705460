"""A season's races come in once, whole, and with as few requests as can be."""

import json
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta, tzinfo
from subprocess import CompletedProcess
from typing import Any

import pytest
import sqlalchemy as sa

from f1_core.capture import Capture
from f1_core.ledger import index
from f1_core.store.rawstore import RawStore
from f1_devkit.servers.jolpica.server import JolpicaServer
from f1_devkit.servers.s3_faults import S3FaultProxy, S3Faults
from f1_ingest.synthetic import Dataset, respond, season
from f1_ingest.synthetic.answers import Answer

Ingest = Callable[..., CompletedProcess[str]]
Captures = Callable[..., list[Capture]]


def test_a_race_costs_one_request_a_page_and_no_more(
    ingest: Ingest, source: JolpicaServer, captures: Captures
) -> None:
    ran = ingest("backfill", "--season", 2024, "--rounds", "1-2", F1_JOLPICA_URL=source.url)
    assert (ran.returncode, ran.stderr) == (0, "")
    pages = 1  # the schedule
    for number in (1, 2):
        weekend = source.dataset.weekend(2024, number)
        pages += -(-len(weekend.laps) // 100) + 5
    assert len(source.log) == pages
    assert f"12 captured, 0 there before, {pages} requests" in ran.stdout
    headers = [one.header for one in captures()]
    assert sum(header.requests for header in headers) == pages
    assert [(h.round, h.resource) for h in headers[:4]] == [
        (None, "schedule"),
        (1, "results"),
        (1, "qualifying"),
        (1, "pitstops"),
    ]


def test_all_laps_are_there_byte_for_byte_as_they_came(
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


def test_the_same_command_again_fetches_nothing(ingest: Ingest, source: JolpicaServer) -> None:
    wanted = ("round", "--season", 2024, "--round", 1)
    assert ingest(*wanted, F1_JOLPICA_URL=source.url).returncode == 0
    ran = ingest(*wanted, F1_JOLPICA_URL=source.url)
    assert ran.returncode == 0
    assert "0 captured, 6 there before, 0 requests" in ran.stdout


def test_more_rounds_fetch_only_what_is_missing(ingest: Ingest, source: JolpicaServer) -> None:
    ingest("backfill", "--season", 2024, "--rounds", "1", F1_JOLPICA_URL=source.url)
    source.log.clear()
    ran = ingest("backfill", "--season", 2024, "--rounds", "1-2", F1_JOLPICA_URL=source.url)
    assert ran.returncode == 0
    assert {request.path.split("/")[4] for request in source.log} == {"2"}


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


def test_rounds_that_are_not_run_are_not_asked_for(
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


def test_laps_are_not_asked_for_before_1996_and_pit_stops_not_before_2011(
    ingest: Ingest, jolpica_server: Callable[..., JolpicaServer]
) -> None:
    for year, wanted in (
        (1995, {"results", "qualifying", "driverstandings", "constructorstandings"}),
        (2010, {"results", "qualifying", "driverstandings", "constructorstandings", "laps"}),
    ):
        source = jolpica_server(season(year))
        ran = ingest("round", "--season", year, "--round", 1, F1_JOLPICA_URL=source.url)
        assert ran.returncode == 0, ran.stderr
        asked = {request.path.rpartition("/")[2].removesuffix(".json") for request in source.log}
        assert asked == wanted | {"races"}


def test_a_source_corrected_while_it_is_read_is_read_anew(
    ingest: Ingest,
    source: JolpicaServer,
    captures: Captures,
    laps_in: Callable[..., Counter[object]],
    laps_served: Callable[..., set[object]],
) -> None:
    """Two pages promise different totals: the first reading is dropped, whole."""

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
    assert "limit=99" in laps.pages[0].url, "a cache would answer the same URL as before"


def test_a_source_that_never_stands_still_is_unavailable(
    ingest: Ingest, source: JolpicaServer, captures: Captures
) -> None:
    def correct(path: str) -> None:
        if "/1/laps" in path:
            source.correct(lambda data: data.weekend(2024, 1).laps.pop())

    source.on_request = correct
    ran = ingest(
        *("round", "--season", 2024, "--round", 1, "--resources", "laps"),
        F1_JOLPICA_URL=source.url,
    )
    assert ran.returncode == 3
    assert "the source changed during each of 4 readings" in ran.stderr
    assert captures("laps") == []


def test_an_empty_answer_has_to_be_given_twice(
    ingest: Ingest, source: JolpicaServer, captures: Captures
) -> None:
    """Jolpica says `total: 0` for a race not run, a round that is none, and when it is unwell."""
    source.faults.script("empty", path="/1/results")
    source.correct(lambda data: data.weekend(2024, 1).pit_stops.clear())
    ran = ingest(
        *("round", "--season", 2024, "--round", 1, "--resources", "results,pitstops"),
        F1_JOLPICA_URL=source.url,
    )
    assert ran.returncode == 0
    assert [one.header.total for one in captures("results")] == [20]
    assert [(o.header.total, o.header.requests) for o in captures("pitstops")] == [(0, 2)]


def test_a_season_that_the_source_does_not_have_is_said_and_not_captured(
    ingest: Ingest, source: JolpicaServer, captures: Captures
) -> None:
    ran = ingest("backfill", "--season", 2031, F1_JOLPICA_URL=source.url)
    assert ran.returncode == 1
    assert "jolpica has no races of 2031" in ran.stderr
    assert captures() == []


def test_refresh_fetches_again_what_may_have_been_corrected(
    ingest: Ingest, source: JolpicaServer, engine: sa.Engine, captures: Captures
) -> None:
    """Races of the last 120 days, each not sooner than 20 hours after the last look."""
    dates = {w.race.round: w.race.date for w in source.dataset.season(2024)}
    wanted = ("backfill", "--season", 2024, "--rounds", "1-10", "--resources", "results")
    as_of = ("--as-of", f"{dates[10]}T23:59")
    # So many days back that round 8 is the first of the recent ones.
    days = date.fromisoformat(dates[10]) - date.fromisoformat(dates[8])
    settings = {"F1_JOLPICA_URL": source.url, "F1_INGEST_REFRESH_DAYS": days.days}
    assert ingest(*wanted, *as_of, **settings).returncode == 0
    source.log.clear()
    assert ingest(*wanted, *as_of, "--refresh", **settings).returncode == 0
    assert len(source.log) == 0, "looked at a moment ago"
    with engine.begin() as connection:
        connection.execute(
            sa.text("UPDATE captures SET fetched_at = fetched_at - interval '21 hours'")
        )
    assert ingest(*wanted, *as_of, "--refresh", **settings).returncode == 0
    assert source.log.count("results") == 3
    assert [one.header.round for one in captures("results")] == [*range(1, 11), 8, 9, 10]


def test_what_was_purged_or_quarantined_is_fetched_again_and_what_is_held_after_an_hour(
    ingest: Ingest, source: JolpicaServer, engine: sa.Engine
) -> None:
    def again() -> int:
        source.log.clear()
        ran = ingest(
            *("round", "--season", 2024, "--round", 1, "--resources", "results"),
            F1_JOLPICA_URL=source.url,
        )
        assert ran.returncode == 0, ran.stderr
        return source.log.count("results")

    def sql(statement: str) -> None:
        with engine.begin() as connection:
            connection.execute(sa.text(statement))

    assert again() == 1
    sql("UPDATE captures SET state = 'quarantined' WHERE resource = 'results'")
    assert again() == 1
    sql("UPDATE captures SET state = 'held' WHERE resource = 'results'")
    assert again() == 0
    sql("UPDATE captures SET fetched_at = fetched_at - interval '66 minutes'")
    assert again() == 1
    assert again() == 0
    sql(
        "INSERT INTO decisions (capture_order, kind, season, decided_by, decided_at)"
        " VALUES (nextval('capture_order'), 'purge', 2024, 'test', now())"
    )
    assert again() == 1


def test_a_renumbered_race_does_not_pass_for_the_one_that_has_its_round_now(
    ingest: Ingest, source: JolpicaServer, engine: sa.Engine
) -> None:
    """A worker placed round 1's capture at a race that has since become round 2."""
    wanted = ("backfill", "--season", 2024, "--rounds", "1-2", "--resources", "results")
    ingest("backfill", "--season", 2024, "--rounds", 1, F1_JOLPICA_URL=source.url)
    second = source.dataset.weekend(2024, 2).race.circuit_id
    with engine.begin() as connection:
        connection.execute(
            sa.text(
                "INSERT INTO slice_captures SELECT 2024, :race, 'race', resource, capture_key,"
                " source, capture_order, fetched_at, 20, '', NULL, 'processed', NULL"
                " FROM captures WHERE resource = 'results'"
            ),
            {"race": f"2024-{second}"},
        )
    source.log.clear()
    assert ingest(*wanted, F1_JOLPICA_URL=source.url).returncode == 0
    assert [r.path.split("/")[4] for r in source.log] == ["1"]


def test_a_capture_that_was_written_and_not_announced_is_found_not_fetched(
    ingest: Ingest, source: JolpicaServer, engine: sa.Engine
) -> None:
    wanted = ("round", "--season", 2024, "--round", 1, "--resources", "results,laps")
    ingest(*wanted, F1_JOLPICA_URL=source.url)
    with engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM captures WHERE resource = 'laps'"))
    source.log.clear()
    assert ingest(*wanted, F1_JOLPICA_URL=source.url).returncode == 0
    assert len(source.log) == 0


def test_an_empty_database_looks_through_s3_before_the_first_request(
    ingest: Ingest, source: JolpicaServer, engine: sa.Engine
) -> None:
    """A database that was lost: nothing is fetched that S3 has."""
    wanted = ("round", "--season", 2024, "--round", 1, "--resources", "results,laps")
    ingest(*wanted, F1_JOLPICA_URL=source.url)
    with engine.begin() as connection:
        connection.execute(sa.text("TRUNCATE captures, installation CASCADE"))
        connection.execute(sa.text("ALTER SEQUENCE capture_order RESTART"))
    source.log.clear()
    assert ingest(*wanted, F1_JOLPICA_URL=source.url).returncode == 0
    assert len(source.log) == 0
    with engine.connect() as connection:
        assert index.swept_at(connection) is not None


def test_one_capture_that_fails_costs_the_others_nothing(
    ingest: Ingest,
    source: JolpicaServer,
    captures: Captures,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        "f1_devkit.servers.jolpica.server.respond",
        lambda data, path, query, **known: (
            (400, {"Content-Type": "application/json"}, b'{"detail":"Bad Request: no"}')
            if path.endswith("/1/results.json")
            else respond(data, path, query, **known)
        ),
    )
    ran = ingest(
        *("round", "--season", 2024, "--round", 1, "--resources", "results,qualifying"),
        F1_JOLPICA_URL=source.url,
    )
    assert ran.returncode == 1
    assert "1 of 2 captures failed" in ran.stderr
    assert "400 Bad Request: no" in ran.stderr
    assert source.log.count("results") == 1, "asked again, it would say the same"
    assert len(captures("qualifying")) == 1


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


def test_synthetic_and_real_data_do_not_meet(
    ingest: Ingest, source: JolpicaServer, store: RawStore
) -> None:
    wanted = ("round", "--season", 2024, "--round", 1, "--resources", "results")
    assert ingest(*wanted, "--source", "synthetic").returncode == 0
    ran = ingest(*wanted, F1_JOLPICA_URL=source.url)
    assert ran.returncode == 2
    assert "this database holds synthetic data and cannot take real data too" in ran.stderr
    assert len(source.log) == 0
    assert all("/synthetic/" in key for key in store.keys("raw/"))


def test_a_wrong_bucket_spoils_no_new_database(
    ingest: Ingest, source: JolpicaServer, store: RawStore, engine: sa.Engine
) -> None:
    wanted = ("round", "--season", 2024, "--round", 1, "--resources", "results")
    assert ingest(*wanted, "--source", "synthetic").returncode == 0
    with engine.begin() as connection:
        connection.execute(sa.text("TRUNCATE installation, captures CASCADE"))
    ran = ingest(*wanted, F1_JOLPICA_URL=source.url)
    assert ran.returncode == 2
    assert f"the bucket {store.bucket} holds synthetic data and cannot take real" in ran.stderr
    with engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT synthetic FROM installation")) is None
        assert connection.scalar(sa.text("SELECT count(*) FROM captures")) == 0


def test_a_run_is_written_down(ingest: Ingest, source: JolpicaServer, engine: sa.Engine) -> None:
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


def _changed(change: Callable[[dict[str, Any]], None], path: str) -> Callable[..., Answer]:
    """The stand-in's answers, those to paths that end in `path` changed."""

    def answer(dataset: Dataset, asked: str, query: dict[str, str], **options: Any) -> Answer:
        status, headers, body = respond(dataset, asked, query, **options)
        if asked.endswith(path):
            content = json.loads(body)
            change(content["MRData"])
            body = json.dumps(content).encode()
        return status, headers, body

    return answer


def test_a_cancelled_race_has_no_round_and_costs_the_others_nothing(
    ingest: Ingest, source: JolpicaServer, captures: Captures, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cancel(answer: dict[str, Any]) -> None:
        races = answer["RaceTable"]["Races"]
        races.append({**races[-1], "raceName": "Cancelled Grand Prix", "date": "2024-12-29"})
        races[-1].pop("round")
        answer["total"] = str(len(races))

    monkeypatch.setattr("f1_devkit.servers.jolpica.server.respond", _changed(cancel, "/races.json"))
    ran = ingest("round", "--season", 2024, "--round", 1, F1_JOLPICA_URL=source.url)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert len(captures("results")) == 1


@pytest.mark.parametrize(
    "garbage", [{"total": "1000000000000"}, {"deep": "[" * 100_000 + "]" * 100_000}]
)
def test_an_answer_that_promises_too_much_or_nests_too_deeply_is_none(
    ingest: Ingest,
    source: JolpicaServer,
    monkeypatch: pytest.MonkeyPatch,
    garbage: dict[str, str],
) -> None:
    def answer(dataset: Dataset, asked: str, query: dict[str, str], **options: Any) -> Answer:
        status, headers, body = respond(dataset, asked, query, **options)
        if "deep" in garbage:
            return status, headers, b'{"deep":' + garbage["deep"].encode() + b"," + body[1:]
        content = json.loads(body)
        content["MRData"] |= garbage
        return status, headers, json.dumps(content).encode()

    monkeypatch.setattr("f1_devkit.servers.jolpica.server.respond", answer)
    settings = {"F1_JOLPICA_URL": source.url, "F1_HTTP_PATIENCE_S": "0.1"}
    ran = ingest("round", "--season", 2024, "--round", 1, **settings)
    assert ran.returncode == 3
    assert "did not answer" in ran.stderr


def test_a_pods_wrong_clock_fetches_nothing_again(
    ingest: Ingest, source: JolpicaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Tomorrow(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) + timedelta(days=1)

    wanted = ("round", "--season", 2024, "--round", 1, "--refresh")
    assert ingest(*wanted, F1_JOLPICA_URL=source.url).returncode == 0
    before = len(source.log)
    monkeypatch.setattr("f1_ingest.cli.datetime", Tomorrow)
    ran = ingest(*wanted, F1_JOLPICA_URL=source.url)
    assert (ran.returncode, len(source.log)) == (0, before), ran.stderr


def test_a_resource_that_the_source_cannot_serve_does_not_stop_the_others(
    ingest: Ingest, source: JolpicaServer, captures: Captures, engine: sa.Engine
) -> None:
    source.faults.script("500", path="/1/results", times=1000)
    settings = {"F1_JOLPICA_URL": source.url, "F1_HTTP_PATIENCE_S": "0.1"}
    ran = ingest("backfill", "--season", 2024, "--rounds", "1", **settings)
    assert ran.returncode == 3, "it may be there later"
    assert "1 of 6 captures failed" in ran.stderr
    assert "results of 2024 round 1" in ran.stderr
    assert "last: 500" in ran.stderr
    assert {one.header.resource for one in captures()} >= {"qualifying", "pitstops", "laps"}
    with engine.connect() as connection:
        outcome = connection.scalar(sa.text("SELECT outcome FROM ingest_runs"))
    assert outcome == "source_unavailable"


def test_two_resources_in_a_row_that_it_cannot_serve_are_an_outage(
    ingest: Ingest, source: JolpicaServer, captures: Captures
) -> None:
    assert ingest(
        *("backfill", "--season", 2024, "--resources", "schedule"), F1_JOLPICA_URL=source.url
    ).returncode == 0  # fmt: skip
    source.log.clear()
    source.faults.outage = "521"
    settings = {"F1_JOLPICA_URL": source.url, "F1_HTTP_PATIENCE_S": "0.1"}
    ran = ingest("backfill", "--season", 2024, **settings)
    assert ran.returncode == 3
    assert len({request.path for request in source.log}) == 2


def test_a_source_that_throttles_is_left_alone_at_once(
    ingest: Ingest, source: JolpicaServer
) -> None:
    source.faults.script("429", path="/1/results", times=1000)
    settings = {"F1_JOLPICA_URL": source.url, "F1_HTTP_PATIENCE_S": "0.1"}
    ran = ingest("backfill", "--season", 2024, "--rounds", "1", **settings)
    assert ran.returncode == 3
    assert source.log[-1].path.endswith("/1/results.json")


def test_a_run_that_s3_refuses_is_entered_as_that(
    ingest: Ingest, engine: sa.Engine, source: JolpicaServer, s3_proxy: S3FaultProxy
) -> None:
    """Also where S3 refuses the sweep that a run begins with."""
    for methods in ({"GET", "PUT"}, {"PUT"}):
        s3_proxy.faults = S3Faults(error=1.0, error_status=403, methods=frozenset(methods))
        settings = {
            "F1_JOLPICA_URL": source.url,
            "F1_S3_ENDPOINT": s3_proxy.endpoint,
            "F1_INGEST_STORE_PATIENCE_S": "2",
        }
        done = ingest("backfill", "--season", 2024, "--rounds", "1", **settings)
        assert done.returncode != 0
    with engine.connect() as connection:
        outcomes = connection.execute(sa.text("SELECT outcome FROM ingest_runs")).scalars().all()
    assert outcomes == ["store_unavailable", "store_unavailable"]
