"""Applies a season's schedule: races are added, moved, renumbered and removed.

A schedule is resolved like every other slice (f1_core.ledger.resolution, which holds a schedule
without a race that had been run). All of it is applied:

* A race keeps its id, rows and captures through any change of round, name, time or date.
* The rows of a removed race are deleted. Its captures are processed again, find no race, and are
  quarantined; a schedule that adds the race again also restores them.
* If the second of two races at one circuit is added or removed, or their dates change, ids may
  refer to other races than before. Their rows are deleted, and their captures processed again.
* Captures that waited for a schedule are queued.

So the race of a capture depends on the applied schedule only, not on the order of processing.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, text

from f1_core.errors import BadCapture
from f1_core.ledger import states
from f1_core.postgres.queries import query
from f1_worker.apply.races import by_circuit, by_id
from f1_worker.parse.slices import ScheduledRace


def check(races: Sequence[ScheduledRace]) -> None:
    """Check that a schedule can be applied.

    Raises:
        BadCapture: it cannot; the message has the reason.
    """
    rounds: dict[int, ScheduledRace] = {}
    days: dict[tuple[str, str], ScheduledRace] = {}
    for race in races:
        for what, other in (
            (f"of round {race.round}", rounds.setdefault(race.round, race)),
            (
                f"at {race.circuit_id} on {race.date}",
                days.setdefault((race.circuit_id, race.date), race),
            ),
        ):
            if other is not race:
                raise BadCapture(f"the schedule has two races {what}: {other.name} and {race.name}")


def apply(
    connection: Connection, season: int, races: Sequence[ScheduledRace], capture_key: str
) -> None:
    """Replace a season's races by those of a schedule. Hold the season's lock exclusively.

    Args:
        capture_key: the current capture, which is not queued again.
    """
    ids = by_id(season, races)
    rows = connection.execute(_RACES, {"season": season}).all()
    old = [(race_id, circuit, str(date)) for race_id, circuit, date in rows]
    new = [(race_id, race.circuit_id, race.date) for race_id, race in ids.items()]
    calendar_then, calendar_now = by_circuit(old), by_circuit(new)
    circuits = {
        circuit
        for circuit in calendar_then.keys() | calendar_now.keys()
        if calendar_then.get(circuit) != calendar_now.get(circuit)
    }
    # An id at such a circuit still refers to the same race only if the date is the same.
    ended = {
        race_id
        for race_id, circuit, date in old
        if circuit in circuits and (race_id not in ids or ids[race_id].date != date)
    }
    values = {
        "season": season,
        "circuits": sorted(circuits),
        "touched": sorted(race_id for race_id, circuit, _ in old if circuit in circuits),
        "ended": sorted(ended),
        "capture_key": capture_key,
    }
    if circuits:
        states.reopen(connection, connection.execute(_TO_REOPEN, values).scalars().all())
    if ended:
        connection.execute(_END_RACES, values)
    if ids:
        connection.execute(_WRITE, _columns(season, ids))
    connection.execute(_WAKE, values)


def _columns(season: int, ids: dict[str, ScheduledRace]) -> dict[str, object]:
    races = list(ids.values())
    return {
        "season": season,
        "race_ids": list(ids),
        "rounds": [race.round for race in races],
        "names": [race.name for race in races],
        "circuit_ids": [race.circuit_id for race in races],
        "dates": [race.date for race in races],
        "times": [race.time for race in races],
        "urls": [race.url for race in races],
        "sessions": [race.sessions for race in races],
    }


_RACES = text("SELECT race_id, circuit_id, date FROM races WHERE season = :season")

# Captures that may belong to another race now: those with a slice at such a circuit, and those that
# found no race there.
_TO_REOPEN = query(__name__, "captures_to_reopen")

_END_RACES = query(__name__, "end_races")

# The rounds of a season are unique; Postgres checks this at commit, when all are renumbered.
_WRITE = query(__name__, "write_races")

_WAKE = query(__name__, "wake")
