"""One session of a race: its rows and its drivers."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import chain, count
from typing import NamedTuple, TypeVar

from f1_api.completeness import answers
from f1_api.plots.looks import Look, looks_of
from f1_api.postgres.pool import Snapshot
from f1_api.races.lookup import FoundRace
from f1_api.races.models import Aggregation, Lap, PitStop, RaceAnswer, Result

Line = TypeVar("Line", Lap, PitStop)


class Entrant(NamedTuple):
    """A driver. `label` is short and unique; `picked`: the driver is highlighted."""

    driver_id: str
    label: str
    name: str
    look: Look
    picked: bool


class Neighbour(NamedTuple):
    """A race before or after another one in its season."""

    race_id: str
    name: str


class RaceSession(NamedTuple):
    """One session; None: never captured.

    `entrants` are in the order of classification, then those without a result. `laps` and `stops`
    are by driver, in the order of their numbers. `requested`: the first and the last lap.
    """

    race: FoundRace
    session: str
    entrants: list[Entrant]
    results: list[Result] | None
    laps: dict[str, list[Lap]] | None
    stops: dict[str, list[PitStop]] | None
    requested: tuple[int | None, int | None] = (None, None)
    before: Neighbour | None = None
    after: Neighbour | None = None

    def window(self, start: int) -> tuple[int, int]:
        """The first and the last lap to show; `start` is the default of the first."""
        first, last = self.requested
        first = start if first is None else first
        return first, self.last_lap if last is None else min(last, self.last_lap)

    @property
    def last_lap(self) -> int:
        """The greatest number of a lap or stop; 0 if there is none."""
        laps = [own[-1].lap for own in (self.laps or {}).values()]
        stops = [own[-1].lap for own in (self.stops or {}).values()]
        return max([*laps, *stops, *(row.laps or 0 for row in self.results or ())], default=0)


def read(
    snapshot: Snapshot,
    race: FoundRace,
    session: str,
    results: list[Result] | None,
    *,
    picked: Collection[str] = (),
    first: int | None = None,
    last: int | None = None,
) -> RaceSession:
    """Read laps, stops and names. `picked` are ids of drivers, the others numbers of laps."""
    parameters = {
        "race_id": race.race_id,
        "session": session,
        "drivers": None,
        "from": None,
        "to": None,
    }
    laps: dict[str, list[Lap]] | None = None
    stops: dict[str, list[PitStop]] | None = None
    if answers.is_captured(race.captured, "laps", session):
        laps = _by_driver(Lap(*row) for row in snapshot.rows("laps", parameters))
    if answers.is_captured(race.captured, "pitstops", session):
        found = sorted(
            (PitStop(*row) for row in snapshot.rows("pit_stops", parameters)),
            key=lambda stop: (stop.lap, stop.stop),
        )
        stops = _by_driver(found)
    members = {row.driver_id: row.constructor_id for row in results or ()}
    others = sorted({*(laps or ()), *(stops or ())} - members.keys())
    members |= dict.fromkeys(others, "")
    names = snapshot.rows("names", {"drivers": list(members)}) if members else []
    around = snapshot.rows("neighbours", {"season": race.season, "race_id": race.race_id})[0]
    return RaceSession(
        race=race,
        session=session,
        entrants=entrants_of(members, {row[0]: row[1:] for row in names}, set(picked)),
        results=results,
        laps=laps,
        stops=stops,
        requested=(first, last),
        before=Neighbour(*around[:2]) if around[0] else None,
        after=Neighbour(*around[2:]) if around[2] else None,
    )


def read_results(snapshot: Snapshot, race: FoundRace, session: str) -> list[Result] | None:
    """The classification; None if it was never captured."""
    resource, query = {"race": ("results", "results"), "sprint": ("sprint", "sprint_results")}[
        session
    ]
    if not answers.is_captured(race.captured, resource, session):
        return None
    return snapshot.structs(Result, query, {"race_id": race.race_id})


def read_aggregations(
    snapshot: Snapshot, race: FoundRace, session: str
) -> list[Aggregation] | None:
    """Figures by driver; None if neither laps nor stops were captured."""
    if not any(answers.is_captured(race.captured, name, session) for name in ("laps", "pitstops")):
        return None
    parameters = {"race_id": race.race_id, "session": session, "drivers": None}
    return snapshot.structs(Aggregation, "aggregations", parameters)


def figures_of(answer: RaceAnswer) -> dict[str, Aggregation]:
    """Figures by driver."""
    return {line.driver_id: line for line in answer.aggregations or ()}


def _by_driver(lines: Iterable[Line]) -> dict[str, list[Line]]:
    found: dict[str, list[Line]] = {}
    for line in lines:
        found.setdefault(line.driver_id, []).append(line)
    return found


def entrants_of(
    members: Mapping[str, str],
    names: Mapping[str, Sequence[str | None]],
    picked: Collection[str],
) -> list[Entrant]:
    """Drivers as plots show them.

    Args:
        members: constructors by driver, in the order in which they are shown.
        names: rows of the query ``names``, by driver.
        picked: ids of drivers.
    """
    looks = looks_of(members.items())
    taken: set[str] = set()
    entrants = []
    for driver in members:
        code, name, family = names.get(driver, (None, None, None))
        short = code or (family or driver).replace(" ", "")[:3].upper()
        # Without codes, drivers of one family have the same first letters.
        longer = [(family or driver)[:8], driver.replace("_", " ").title()[:8]]
        numbered = (f"{short}{number}" for number in count(2))
        label = next(one for one in chain([short], longer, numbered) if one not in taken)
        taken.add(label)
        entrants.append(
            Entrant(driver, label, name or driver, looks[driver], picked=driver in picked)
        )
    return entrants
