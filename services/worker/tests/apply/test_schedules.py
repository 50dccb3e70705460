"""Schedules add, move, renumber and remove races, and captures find their races."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from recorded_seasons import Drain, Recorder, small_season

from f1_core.errors import BadCapture, Suspect
from f1_devkit.programs.tables import count, read_tables
from f1_ingest.synthetic import Dataset
from f1_worker.apply import reprocess
from f1_worker.apply.races import Calendar, by_circuit, by_id, unplaced_id
from f1_worker.apply.schedule import apply, check
from f1_worker.parse import PARSER_VERSION
from f1_worker.parse.slices import RaceRef, ScheduledRace
from f1_worker.queue.claim import Claims, LeaseLost
from f1_worker.queue.transactions import limited
from f1_worker.settings import WorkerSettings

Sql = Callable[..., list[tuple[Any, ...]]]


def scheduled(round_: int, circuit: str, date: str, name: str = "Grand Prix") -> ScheduledRace:
    return ScheduledRace(round_, name, circuit, date, None, None, "{}")


CALENDAR = Calendar(
    2020,
    by_circuit(
        [
            ("2020-monaco", "monaco", "2020-05-24"),
            ("2020-silverstone", "silverstone", "2020-08-02"),
            ("2020-silverstone-2", "silverstone", "2020-08-09"),
        ]
    ),
)


def test_the_second_race_at_a_circuit_has_a_number() -> None:
    races = [
        scheduled(5, "silverstone", "2020-08-09"),
        scheduled(4, "silverstone", "2020-08-02"),
        scheduled(6, "monaco", "2020-05-24"),
    ]
    assert {race_id: race.round for race_id, race in by_id(2020, races).items()} == {
        "2020-monaco": 6,
        "2020-silverstone": 4,
        "2020-silverstone-2": 5,
    }


@pytest.mark.parametrize(
    ("circuit", "date", "found"),
    [
        ("monaco", "2020-05-24", "2020-monaco"),
        ("monaco", "2020-06-07", "2020-monaco"),  # it was moved since
        ("silverstone", "2020-08-09", "2020-silverstone-2"),
    ],
)
def test_a_race_is_found_by_circuit_and_date_or_by_a_circuit_that_has_one(
    circuit: str, date: str, found: str
) -> None:
    assert CALENDAR.find(RaceRef(2020, 1, circuit, date)) == found


@pytest.mark.parametrize(
    ("circuit", "date", "reason"),
    [
        ("spa", "2020-08-30", "the schedule of 2020 has no race at spa"),
        ("silverstone", "2020-08-30", "has 2 races at silverstone, none on 2020-08-30"),
        (None, "2020-08-30", "does not name the race's circuit"),
    ],
)
def test_a_capture_without_a_race_has_a_reason(circuit: str | None, date: str, reason: str) -> None:
    with pytest.raises(Suspect, match=reason):
        CALENDAR.find(RaceRef(2020, 1, circuit, date))


def test_the_placeholder_of_an_unknown_race_is_not_a_race_id() -> None:
    assert unplaced_id(RaceRef(2020, 1, "spa", "2020-08-30")) == "?spa@2020-08-30"


def test_a_schedule_with_two_races_of_one_round_is_refused() -> None:
    with pytest.raises(BadCapture, match="two races of round 4: A and B"):
        check([scheduled(4, "a", "2020-08-02", "A"), scheduled(4, "b", "2020-08-09", "B")])
    with pytest.raises(BadCapture, match="two races at a on 2020-08-02: A and B"):
        check([scheduled(4, "a", "2020-08-02", "A"), scheduled(5, "a", "2020-08-02", "B")])


def test_captures_wait_for_a_schedule_and_are_queued_by_it(
    recorder: Recorder, drain: Drain, sql: Sql, dataset: Dataset
) -> None:
    [schedule, *races] = recorder.season()
    recorder.put(*races)
    assert drain() == {"pending": 18}
    waiting = "SELECT DISTINCT state, reason, attempts, not_before > now() FROM captures"
    assert sql(waiting) == [("pending", "waits for the schedule of 2024", 0, True)]
    recorder.put(schedule)
    assert drain() == {"processed": 19}
    assert sql("SELECT count(*) FROM lap_times") == [(dataset.count("laps"),)]


def test_a_schedule_does_not_shorten_the_pause_after_a_failure(
    recorder: Recorder, engine: sa.Engine, settings: WorkerSettings, sql: Sql
) -> None:
    recorder.put(recorder.make("laps", 1))
    patient = settings.model_copy(update={"backoff_s": 100.0})
    claims = Claims(engine, patient, parser_version=PARSER_VERSION)
    [claim] = claims.take(1)
    claims.fail(claim.key, "too large")
    with engine.begin() as connection:
        apply(connection, 2024, [], "another capture")
    assert sql("SELECT attempts, not_before > now() FROM captures") == [(1, True)]


def test_renumbered_and_renamed_races_keep_their_ids_and_rows(
    recorder: Recorder, drain: Drain, sql: Sql, dataset: Dataset
) -> None:
    recorder.put(*recorder.season())
    drain()
    rows = "SELECT ctid, xmin, race_id FROM lap_times"
    before = sql(rows)
    changed = dataset.copy()
    changed.weekends.reverse()
    for index, weekend in enumerate(changed.weekends, 1):
        weekend.race.round = index
        weekend.race.name = f"Renamed {index}"
        weekend.race.date = f"2024-12-0{index}"
    recorder.put(recorder.make("schedule", dataset=changed))
    assert drain() == {"processed": 1}
    assert sql(rows) == before
    assert sql("SELECT round, name, CAST(date AS text) FROM races ORDER BY round") == [
        (index, f"Renamed {index}", f"2024-12-0{index}") for index in (1, 2, 3)
    ]
    assert sql("SELECT race_id FROM races ORDER BY round") == [
        (f"2024-{weekend.race.circuit_id}",) for weekend in changed.weekends
    ]


def test_a_race_that_was_run_is_removed_only_by_a_second_schedule(
    recorder: Recorder, drain: Drain, engine: sa.Engine, sql: Sql, dataset: Dataset
) -> None:
    recorder.put(*recorder.season())
    drain()
    complete = read_tables(engine)
    lacking = dataset.copy()
    gone = lacking.weekends.pop(1).race
    held = recorder.make("schedule", dataset=lacking)
    recorder.put(held)
    assert drain() == {"held": 1}
    assert sql("SELECT reason FROM captures WHERE state = 'held'") == [
        (f"it lacks the race at {gone.circuit_id} on {gone.date}, which had been run",)
    ]
    assert read_tables(engine)["lap_times"] == complete["lap_times"]

    # After a second schedule without it, the race is removed and its captures are quarantined.
    recorder.put(recorder.make("schedule", dataset=lacking, hours=2))
    assert drain() == {"processed": 1, "quarantined": 6}
    assert count(engine, "races") == 2
    reasons = sql("SELECT DISTINCT reason FROM captures WHERE state = 'quarantined'")
    assert reasons == [(f"the schedule of 2024 has no race at {gone.circuit_id}",)]

    # After the race is added again, its rows are restored.
    recorder.put(recorder.make("schedule", hours=3))
    assert drain() == {"processed": 7}
    for table in ("lap_times", "pit_stops", "results", "aggregations"):
        assert read_tables(engine)[table] == complete[table]
    assert sql("SELECT count(*) FROM slice_captures WHERE race_id LIKE '?%'") == [(0,)]
    assert sql("SELECT count(*) FROM captures WHERE state = 'processed' AND reason <> ''") == [(0,)]


def test_a_processing_archive_is_queued_again_when_one_of_its_races_is_removed(
    *, recorder: Recorder, drain: Drain, sql: Sql, engine: sa.Engine, settings: WorkerSettings
) -> None:
    archive = recorder.archive()
    recorder.put(archive)
    drain()
    reprocess.reopen_all(engine, 2024)
    long_lease = settings.model_copy(update={"lease_s": 600})
    at_work = Claims(engine, long_lease, parser_version=PARSER_VERSION)
    assert [claim.key for claim in at_work.take(1)] == [archive.key]
    lacking = recorder.dataset.copy()
    lacking.weekends.pop(0)
    recorder.put(recorder.make("schedule", dataset=lacking, source="jolpica"))
    assert drain() == {"processed": 2}  # also the archive, before its lease expires
    assert sql("SELECT state, lease_owner FROM captures WHERE resource = 'archive'") == [
        ("processed", None)
    ]
    with pytest.raises(LeaseLost), engine.begin() as connection:
        at_work.lock(limited(connection, settings), archive.key)


def test_a_race_that_is_cancelled_before_it_is_run_is_removed_at_once(
    recorder: Recorder, drain: Drain, engine: sa.Engine
) -> None:
    dataset = recorder.dataset = small_season(2030)  # the captures are of 1 January
    recorder.put(recorder.make("schedule"))
    drain()
    lacking = dataset.copy()
    lacking.weekends.pop(1)
    recorder.put(recorder.make("schedule", dataset=lacking))
    assert drain() == {"processed": 1}
    assert count(engine, "races") == 2


def test_a_new_race_before_two_at_one_circuit_gives_their_rows_the_right_ids(
    recorder: Recorder, drain: Drain, sql: Sql, engine: sa.Engine
) -> None:
    dataset = small_season(2025, 24, laps=3)
    dataset.weekends = dataset.weekends[17:19]
    recorder.dataset = dataset
    recorder.put(*recorder.season())
    drain()
    by_date = """
        SELECT CAST(date AS text), driver_id, lap, time_ms
          FROM lap_times JOIN races USING (race_id)
         ORDER BY date, driver_id, lap
    """
    before = sql(by_date)
    more = dataset.copy()
    first = dataset.copy().weekends[0]
    first.race.date = "2025-08-03"
    more.weekends = [first, *more.weekends]
    for index, weekend in enumerate(more.weekends, 1):
        weekend.race.round = index
    recorder.put(recorder.make("schedule", dataset=more))
    drain()
    assert sql(by_date) == before
    assert sql("SELECT DISTINCT race_id FROM lap_times ORDER BY 1") == [
        ("2025-synth_golden-2",), ("2025-synth_golden-3",),
    ]  # fmt: skip

    # The first race is removed: the second one has its id now, but none of its rows at any time.
    last_two = [
        scheduled(number, weekend.race.circuit_id, weekend.race.date)
        for number, weekend in enumerate(more.weekends[1:], 1)
    ]
    with engine.begin() as connection:
        apply(connection, 2025, last_two, "another capture")
    assert count(engine, "lap_times") == 0
