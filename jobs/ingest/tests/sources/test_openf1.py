"""OpenF1 as a second source, with Jolpica's schedule."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from subprocess import CompletedProcess

import msgspec
import pytest

from f1_core.capture import Capture
from f1_devkit.servers.jolpica.server import JolpicaServer
from f1_ingest.sources.openf1 import _nearest, _Session

Ingest = Callable[..., CompletedProcess[str]]


@pytest.fixture
def openf1(ingest: Ingest, source: JolpicaServer) -> Ingest:
    """Runs the command with both stand-ins; the schedule exists."""

    def run(*arguments: object) -> CompletedProcess[str]:
        settings = {"F1_JOLPICA_URL": source.url, "F1_OPENF1_URL": source.openf1_url}
        limits = {"F1_OPENF1_PER_SECOND": 1000, "F1_OPENF1_PER_MINUTE": 1000}
        return ingest(*arguments, **settings, **limits)

    assert run("backfill", "--season", 2024, "--resources", "schedule").returncode == 0
    source.log.clear()
    return run


def test_a_race_is_found_by_its_day_and_read_page_by_page(
    openf1: Ingest, source: JolpicaServer, captures: Callable[..., list[Capture]]
) -> None:
    ran = openf1("round", "--season", 2024, "--round", 1, "--source", "openf1")
    assert ran.returncode == 0, ran.stderr
    assert [r.path for r in source.log][:3] == ["/v1/sessions", "/v1/drivers", "/v1/pit"]
    (laps,) = captures("laps")
    assert [page.name for page in laps.pages] == ["sessions", "drivers", "laps"]
    assert laps.header.total is None
    assert laps.header.race is not None
    assert laps.header.race.round == 1
    rows = laps.pages[2].content.count(b'"lap_number"')
    assert rows == len(source.dataset.weekend(2024, 1).laps)


def test_a_sprints_sessions_are_captured_too(
    openf1: Ingest, source: JolpicaServer, captures: Callable[..., list[Capture]]
) -> None:
    number = next(w.race.round for w in source.dataset.season(2024) if w.sprint)
    openf1(
        *("round", "--season", 2024, "--round", number),
        *("--source", "openf1", "--resources", "laps"),
    )
    names = [page.name for page in captures("laps")[0].pages]
    assert names == ["sessions", "drivers", "laps", "drivers", "laps"]


def test_a_live_session_is_an_outage(openf1: Ingest, source: JolpicaServer) -> None:
    source.openf1_live = True
    ran = openf1("round", "--season", 2024, "--round", 1, "--source", "openf1")
    assert ran.returncode == 3
    assert "session in progress" in ran.stderr


def test_a_race_that_openf1_lacks_is_reported(openf1: Ingest, source: JolpicaServer) -> None:
    source.correct(lambda data: data.weekends.pop(0))
    ran = openf1("round", "--season", 2024, "--round", 1, "--source", "openf1")
    assert ran.returncode == 1
    assert "openf1 has no race on" in ran.stderr


def test_without_a_schedule_the_error_names_the_command_to_run(ingest: Ingest) -> None:
    ran = ingest("round", "--season", 2024, "--round", 1, "--source", "openf1")
    assert ran.returncode == 1
    assert "backfill --season 2024 --resources schedule" in ran.stderr


def test_a_resource_that_openf1_lacks_is_wrong_usage(ingest: Ingest) -> None:
    ran = ingest(
        *("round", "--season", 2024, "--round", 1, "--source", "openf1"),
        *("--resources", "qualifying"),
    )
    assert ran.returncode == 2
    assert "openf1 has no qualifying: write some of laps, pitstops" in ran.stderr


@pytest.mark.parametrize("hours", [-14, 0, 14])
def test_a_session_is_found_a_day_before_and_after_the_schedule(hours: int) -> None:
    day = date(2024, 11, 23)
    start = datetime(2024, 11, 23, 12, tzinfo=UTC) + timedelta(hours=hours)
    others = [start + timedelta(days=days) for days in (-7, 7)]
    sessions = [
        {"session_key": key, "session_name": "Race", "date_start": moment.isoformat()}
        for key, moment in enumerate([*others, start])
    ]
    known = msgspec.convert(sessions, list[_Session])
    assert _nearest(known, "Race", day) == 2
    assert _nearest(known[:2], "Race", day) is None
    assert _nearest(known, "Sprint", day) is None
