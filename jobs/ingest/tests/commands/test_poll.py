"""The poll follows the calendar: what it requests, when, and when it requests nothing."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from subprocess import CompletedProcess

import pytest
import sqlalchemy as sa

from f1_core.capture import Capture
from f1_devkit.servers.jolpica.server import JolpicaServer
from f1_ingest.calendar import Schedule, ScheduledRace, with_ids
from f1_ingest.commands.poll import Window, windows
from f1_ingest.synthetic import season

Captures = Callable[..., list[Capture]]
Poll = Callable[..., list[str]]

RACE = ScheduledRace(
    "2024-monaco",
    2024,
    8,
    "Monaco Grand Prix",
    "monaco",
    date(2024, 5, 26),
    "13:00:00Z",
    {"Qualifying": {"date": "2024-05-25", "time": "14:00:00Z"}},
)


@pytest.fixture
def poll(
    ingest: Callable[..., CompletedProcess[str]], source: JolpicaServer, engine: sa.Engine
) -> Poll:
    """Polls at a given time, with a source that has the races until then; returns the requests."""

    polled: list[datetime] = []

    def once(moment: datetime, *, last_poll: datetime | None = None) -> list[str]:
        with engine.begin() as connection:
            # Runs are recorded with today's time.
            connection.execute(
                sa.text("UPDATE ingest_runs SET started_at = :at"),
                {"at": last_poll or (polled or [moment])[-1]},
            )
        polled.append(moment)
        source.log.clear()
        ran = ingest(
            *("poll", "--season", 2024, "--as-of", moment.isoformat()), F1_JOLPICA_URL=source.url
        )
        assert ran.returncode == 0, ran.stderr
        return [request.path.removeprefix("/ergast/f1/2024/") for request in source.log]

    return once


def started(source: JolpicaServer, number: int) -> datetime:
    return source.dataset.weekend(2024, number).race.starts_at.replace(tzinfo=UTC)


def test_outside_the_windows_it_requests_only_the_schedule_or_nothing(
    ingest: Callable[..., CompletedProcess[str]], jolpica_server: Callable[..., JolpicaServer]
) -> None:
    next_year = datetime.now(UTC).year + 1
    source = jolpica_server(season(next_year))
    winter = f"{next_year}-01-15"
    for hours, requested in ((12, ["races.json"]), (12, []), (1e-6, ["races.json"])):
        source.log.clear()
        ran = ingest(
            *("poll", "--season", next_year, "--as-of", winter),
            F1_JOLPICA_URL=source.url,
            F1_POLL_SCHEDULE_EVERY_H=hours,
        )
        assert ran.returncode == 0, ran.stderr
        assert [request.path.rpartition("/")[2] for request in source.log] == requested


def test_after_a_race_it_requests_results_until_they_exist_and_then_the_rest(
    poll: Poll, source: JolpicaServer, captures: Captures
) -> None:
    start = started(source, 3)
    assert poll(start - timedelta(hours=40)) == ["races.json"]
    source.now = start - timedelta(days=2)  # The source is late: it has no data of the weekend.
    end = start + timedelta(hours=2)
    assert poll(end + timedelta(minutes=5)) == ["3/qualifying.json", "3/results.json"]
    assert poll(end + timedelta(minutes=10)) == ["3/results.json"]
    assert captures("results") == [], "an empty response is not captured"
    source.now = None
    requested = poll(end + timedelta(minutes=15))
    assert requested[:2] == ["3/results.json", "3/qualifying.json"]
    assert {"3/laps.json", "3/pitstops.json", "3/driverstandings.json"} <= set(requested)
    assert poll(end + timedelta(minutes=20)) == []


def test_late_results_are_requested_less_and_less_often(poll: Poll, source: JolpicaServer) -> None:
    start = started(source, 3)
    end = start + timedelta(hours=2)
    source.now = start - timedelta(days=3)
    poll(end)
    day_later = end + timedelta(days=1)
    assert poll(day_later, last_poll=day_later - timedelta(minutes=5)) == []
    assert "3/results.json" in poll(day_later, last_poll=day_later - timedelta(hours=2))
    week_later = end + timedelta(days=6)
    assert poll(week_later, last_poll=week_later - timedelta(days=1)) == []


def test_a_season_without_a_schedule_is_not_requested_every_five_minutes(
    ingest: Callable[..., CompletedProcess[str]], source: JolpicaServer
) -> None:
    for requests in (2, 0):  # An empty schedule is requested twice.
        source.log.clear()
        ran = ingest("poll", "--season", 2031, F1_JOLPICA_URL=source.url)
        assert ran.returncode == 0, ran.stderr
        assert len(source.log) == requests


def test_a_poll_of_an_unavailable_source_has_its_own_outcome(
    ingest: Callable[..., CompletedProcess[str]], source: JolpicaServer
) -> None:
    source.faults.outage = "504"
    ran = ingest("poll", F1_JOLPICA_URL=source.url, F1_HTTP_POLL_PATIENCE_S=0.3)
    assert ran.returncode == 3


def test_sessions_end_after_their_usual_length() -> None:
    assert RACE.ends("Race") == datetime(2024, 5, 26, 15, tzinfo=UTC)
    assert RACE.ends("Qualifying") == datetime(2024, 5, 25, 15, 15, tzinfo=UTC)
    assert RACE.ends("Sprint") is None


def test_a_race_without_a_time_is_over_when_its_day_is() -> None:
    old = ScheduledRace("1988-monaco", 1988, 3, "Monaco", "monaco", date(1988, 5, 15))
    assert old.ends("Race") == datetime(1988, 5, 16, tzinfo=UTC)
    assert not old.is_run(datetime(1988, 5, 15, 20, tzinfo=UTC))
    assert old.is_run(datetime(1988, 5, 16, tzinfo=UTC))


def test_windows_open_after_a_session_and_close() -> None:
    schedule = Schedule(2024, (RACE,))
    length = timedelta(hours=120)

    def open_at(day: int, hour: int) -> list[str]:
        at = datetime(2024, 5, day, hour, tzinfo=UTC)
        return [window.session for window in windows(schedule, at, length)]

    assert open_at(25, 15) == []
    assert open_at(25, 16) == ["Qualifying"]
    assert open_at(26, 16) == ["Qualifying", "Race"]
    assert open_at(31, 10) == ["Race"]
    assert open_at(31, 16) == []


def test_every_poll_is_due_in_the_first_hour_and_later_after_a_twelfth_of_the_time() -> None:
    window = Window(RACE, "Race", datetime(2024, 5, 26, 15, tzinfo=UTC))

    def is_due(after: timedelta, since: timedelta) -> bool:
        now = window.ended + after
        return window.is_due(now, now - since)

    minutes = timedelta(minutes=1)
    assert is_due(60 * minutes, 5 * minutes)
    assert not is_due(240 * minutes, 15 * minutes)
    assert is_due(240 * minutes, 20 * minutes)
    assert window.is_due(window.ended, None)
    assert window.is_due(window.ended + minutes, window.ended - minutes), "the first request"


def test_the_second_race_at_a_circuit_has_its_own_id() -> None:
    races = [
        {"season": 2020, "round": n, "name": "", "circuit_id": circuit, "date": day}
        for n, circuit, day in (
            (4, "silverstone", date(2020, 8, 2)),
            (5, "silverstone", date(2020, 8, 9)),
            (6, "catalunya", date(2020, 8, 16)),
        )
    ]
    assert [race.race_id for race in with_ids(races)] == [
        "2020-silverstone",
        "2020-silverstone-2",
        "2020-catalunya",
    ]
