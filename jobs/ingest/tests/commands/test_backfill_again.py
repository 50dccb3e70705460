"""A second backfill fetches what is missing, was corrected, or was purged, and nothing else."""

from collections.abc import Callable
from datetime import date, datetime, timedelta, tzinfo
from subprocess import CompletedProcess

import pytest
import sqlalchemy as sa

from f1_core.capture import Capture
from f1_core.ledger import index
from f1_devkit.servers.jolpica.server import JolpicaServer

Ingest = Callable[..., CompletedProcess[str]]
Captures = Callable[..., list[Capture]]


def test_the_same_command_again_fetches_nothing(ingest: Ingest, source: JolpicaServer) -> None:
    arguments = ("round", "--season", 2024, "--round", 1)
    assert ingest(*arguments, F1_JOLPICA_URL=source.url).returncode == 0
    ran = ingest(*arguments, F1_JOLPICA_URL=source.url)
    assert ran.returncode == 0
    assert "0 captured, 6 already present, 0 requests" in ran.stdout


def test_more_rounds_fetch_only_what_is_missing(ingest: Ingest, source: JolpicaServer) -> None:
    ingest("backfill", "--season", 2024, "--rounds", "1", F1_JOLPICA_URL=source.url)
    source.log.clear()
    ran = ingest("backfill", "--season", 2024, "--rounds", "1-2", F1_JOLPICA_URL=source.url)
    assert ran.returncode == 0
    assert {request.path.split("/")[4] for request in source.log} == {"2"}


def test_refresh_fetches_again_what_may_have_been_corrected(
    ingest: Ingest, source: JolpicaServer, engine: sa.Engine, captures: Captures
) -> None:
    """Races of the last 120 days, each not sooner than 20 hours after the last fetch."""
    dates = {w.race.round: w.race.date for w in source.dataset.season(2024)}
    arguments = ("backfill", "--season", 2024, "--rounds", "1-10", "--resources", "results")
    as_of = ("--as-of", f"{dates[10]}T23:59")
    # So many days back that round 8 is the first of the recent ones.
    days = date.fromisoformat(dates[10]) - date.fromisoformat(dates[8])
    settings = {"F1_JOLPICA_URL": source.url, "F1_INGEST_REFRESH_DAYS": days.days}
    assert ingest(*arguments, *as_of, **settings).returncode == 0
    source.log.clear()
    assert ingest(*arguments, *as_of, "--refresh", **settings).returncode == 0
    assert len(source.log) == 0, "fetched a moment ago"
    with engine.begin() as connection:
        connection.execute(
            sa.text("UPDATE captures SET fetched_at = fetched_at - interval '21 hours'")
        )
    assert ingest(*arguments, *as_of, "--refresh", **settings).returncode == 0
    assert source.log.count("results") == 3
    assert [one.header.round for one in captures("results")] == [*range(1, 11), 8, 9, 10]


def test_purged_and_quarantined_captures_are_fetched_again_and_held_ones_after_an_hour(
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


def test_a_renumbered_race_is_not_taken_for_the_race_that_now_has_its_round(
    ingest: Ingest, source: JolpicaServer, engine: sa.Engine
) -> None:
    """A worker placed round 1's capture at a race that has since become round 2."""
    arguments = ("backfill", "--season", 2024, "--rounds", "1-2", "--resources", "results")
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
    assert ingest(*arguments, F1_JOLPICA_URL=source.url).returncode == 0
    assert [r.path.split("/")[4] for r in source.log] == ["1"]


def test_a_written_capture_without_announcement_is_found_and_not_fetched(
    ingest: Ingest, source: JolpicaServer, engine: sa.Engine
) -> None:
    arguments = ("round", "--season", 2024, "--round", 1, "--resources", "results,laps")
    ingest(*arguments, F1_JOLPICA_URL=source.url)
    with engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM captures WHERE resource = 'laps'"))
    source.log.clear()
    assert ingest(*arguments, F1_JOLPICA_URL=source.url).returncode == 0
    assert len(source.log) == 0


def test_an_empty_database_is_filled_from_s3_before_the_first_request(
    ingest: Ingest, source: JolpicaServer, engine: sa.Engine
) -> None:
    """After the loss of a database, captures in S3 are not fetched again."""
    arguments = ("round", "--season", 2024, "--round", 1, "--resources", "results,laps")
    ingest(*arguments, F1_JOLPICA_URL=source.url)
    with engine.begin() as connection:
        connection.execute(sa.text("TRUNCATE captures, installation CASCADE"))
        connection.execute(sa.text("ALTER SEQUENCE capture_order RESTART"))
    source.log.clear()
    assert ingest(*arguments, F1_JOLPICA_URL=source.url).returncode == 0
    assert len(source.log) == 0
    with engine.connect() as connection:
        assert index.swept_at(connection) is not None


def test_a_wrong_clock_of_a_pod_causes_no_second_fetch(
    ingest: Ingest, source: JolpicaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Tomorrow(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) + timedelta(days=1)

    arguments = ("round", "--season", 2024, "--round", 1, "--refresh")
    assert ingest(*arguments, F1_JOLPICA_URL=source.url).returncode == 0
    before = len(source.log)
    monkeypatch.setattr("f1_ingest.cli.datetime", Tomorrow)
    ran = ingest(*arguments, F1_JOLPICA_URL=source.url)
    assert (ran.returncode, len(source.log)) == (0, before), ran.stderr
