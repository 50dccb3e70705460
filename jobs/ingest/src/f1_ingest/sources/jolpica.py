"""Jolpica-F1, Ergast's successor, and every server that speaks its protocol.

`{base}/{season}/{round}/{resource}.json?limit=100&offset=...`, in an envelope that tells what was
answered: offset, limit, total, season and round are checked against what was asked, since an
overloaded or caching server has been seen to answer something else.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import msgspec

from f1_core.foreign import shown
from f1_core.resources import RESOURCES
from f1_ingest.errors import BadAnswer
from f1_ingest.sources.missing_rows import Look, next_look
from f1_ingest.sources.protocol import UNREADABLE, Ask, Key, Rows, Wanted

PAGE = 100
"""Rows a page at most; a larger limit is silently capped."""

_NUMBER = re.compile(r"\d{1,7}", re.ASCII)

_PATHS = {"schedule": "races"}


class _Loose(msgspec.Struct):
    """Only what is checked here; the worker reads the rest."""


class _Id(_Loose):
    driverId: str = ""  # noqa: N815 - the source's names
    constructorId: str = ""  # noqa: N815


class _Timing(_Loose):
    driverId: str  # noqa: N815


class _Lap(_Loose):
    number: str
    Timings: list[_Timing]


class _Stop(_Loose):
    driverId: str  # noqa: N815
    stop: str


class _Result(_Loose):
    Driver: _Id
    number: str = ""
    positionText: str = ""  # noqa: N815


class _DriverStanding(_Loose):
    Driver: _Id


class _ConstructorStanding(_Loose):
    Constructor: _Id


class _List(_Loose):
    """A race, or a standings list. A race that was cancelled keeps its place and has no round."""

    season: str
    round: str | None = None
    raceName: str = ""  # noqa: N815
    date: str = ""
    Laps: list[_Lap] | None = None
    PitStops: list[_Stop] | None = None
    Results: list[_Result] | None = None
    SprintResults: list[_Result] | None = None
    QualifyingResults: list[_Result] | None = None
    DriverStandings: list[_DriverStanding] | None = None
    ConstructorStandings: list[_ConstructorStanding] | None = None


class _Table(_Loose):
    season: str | None = None
    round: str | None = None
    Races: list[_List] | None = None
    StandingsLists: list[_List] | None = None


class _Data(_Loose):
    limit: str
    offset: str
    total: str
    RaceTable: _Table | None = None
    StandingsTable: _Table | None = None


class _Envelope(_Loose):
    MRData: _Data


_decoder = msgspec.json.Decoder(_Envelope)


def _result_key(row: _Result) -> Key:
    return row.Driver.driverId, row.number, row.positionText


_KEYS: dict[str, tuple[str, Callable[[Any], Iterator[Key]]]] = {
    "laps": ("Laps", lambda laps: ((x.number, t.driverId) for x in laps for t in x.Timings)),
    "pitstops": ("PitStops", lambda stops: ((s.driverId, s.stop) for s in stops)),
    "results": ("Results", lambda rows: map(_result_key, rows)),
    "sprint": ("SprintResults", lambda rows: map(_result_key, rows)),
    "qualifying": (
        "QualifyingResults",
        lambda rows: ((r.Driver.driverId, r.number) for r in rows),
    ),
    "driverstandings": ("DriverStandings", lambda rows: ((r.Driver.driverId,) for r in rows)),
    "constructorstandings": (
        "ConstructorStandings",
        lambda rows: ((r.Constructor.constructorId,) for r in rows),
    ),
}
"""Where a race's rows are, and by what they are known."""


@dataclass(frozen=True)
class Jolpica:
    """The protocol against one base URL."""

    url: str
    name: str = "jolpica"
    budget: str | None = "jolpica"
    synthetic: bool = False
    resources: frozenset[str] = frozenset(RESOURCES)
    transport: httpx.BaseTransport | None = None

    def first(self, wanted: Wanted, attempt: int) -> Ask:
        """The first page; a new attempt has pages of another size, so of URLs not yet cached."""
        return self._page(wanted, 0, PAGE - attempt)

    def rest(
        self,
        wanted: Wanted,
        attempt: int,
        first: Rows,
        content: bytes,  # noqa: ARG002
    ) -> Sequence[Ask]:
        """The other pages of the listing."""
        size = PAGE - attempt
        return [self._page(wanted, at, size) for at in range(size, first.total or 0, size)]

    def elsewhere(self, wanted: Wanted, pages: Sequence[Rows]) -> Ask | None:
        """Across an edge, by lap, or by driver."""
        look = next_look(wanted.resource, pages)
        if look is None:
            return None
        if look.way == "across":
            size = pages[0].ask.limit or PAGE
            return self._page(wanted, int(look.where) - size // 2, size, look)
        return Ask(
            f"{self.url}/{wanted.season}/{wanted.round}/{_filter(wanted.resource, look)}.json",
            params={"limit": str(PAGE), "offset": "0"},
            look=look,
        )

    def rows(self, wanted: Wanted, ask: Ask, content: bytes) -> Rows:
        """Read a page's keys, and make sure that it answers `ask`.

        Raises:
            BadAnswer: it does not.
        """
        try:
            data = _decoder.decode(content).MRData
        except UNREADABLE as error:
            raise BadAnswer(f"not a response of this protocol: {error}") from error
        offset, limit, total = map(_number, (data.offset, data.limit, data.total))
        asked = int(ask.params["offset"]), int(ask.params["limit"])
        most = RESOURCES[wanted.resource].most_rows
        if total > most:
            raise BadAnswer(f"promises {total} rows, and {wanted.resource} have {most} at most")
        if (offset, limit) != asked:
            raise BadAnswer(f"answers offset {offset}, limit {limit}, not {asked[0]}, {asked[1]}")
        standings = wanted.resource.endswith("standings")
        table = data.StandingsTable if standings else data.RaceTable
        lists = (table.StandingsLists if standings else table.Races) if table else None
        if table is None or lists is None:
            raise BadAnswer(f"answers something else than {wanted.resource}")
        _check(wanted, table.season, table.round)
        for answered in lists:
            _check(wanted, answered.season, answered.round or "none")
        keys = tuple(_keys(wanted.resource, lists))
        if len(keys) > limit:
            raise BadAnswer(f"answers {len(keys)} rows where {limit} were requested")
        if not keys and ask.offset is not None and offset < total:
            raise BadAnswer(f"answers no rows from {offset} on, and promises {total}")
        lap = ask.look.where if ask.look and ask.look.way == "lap" else None
        if lap and wanted.resource == "laps" and any(key[0] != lap for key in keys):
            raise BadAnswer(f"answers other laps than {lap}")
        return Rows(ask, keys, total if ask.offset is not None else None)

    def passes(self, status: int, detail: str) -> bool:  # noqa: ARG002
        """A refusal stays one."""
        return False

    def _page(self, wanted: Wanted, offset: int, limit: int, look: Look | None = None) -> Ask:
        path = f"{wanted.season}/{wanted.round}" if wanted.race else f"{wanted.season}"
        return Ask(
            f"{self.url}/{path}/{_PATHS.get(wanted.resource, wanted.resource)}.json",
            params={"limit": str(limit), "offset": str(offset)},
            offset=offset,
            limit=limit,
            look=look,
        )


def _number(text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise BadAnswer(f"has {shown(text, 60)!r} where a number from 0 to 9999999 belongs")
    return int(text)


def _filter(resource: str, look: Look) -> str:
    if look.way == "lap":
        return f"laps/{look.where}" if resource == "laps" else f"laps/{look.where}/{resource}"
    return f"drivers/{look.where}/{resource}"


def _check(wanted: Wanted, season: str | None, number: str | None) -> None:
    if season not in (str(wanted.season), None):
        raise BadAnswer(f"answers season {shown(season or '', 60)}, not {wanted.season}")
    if wanted.race and number not in (str(wanted.round), None):
        raise BadAnswer(f"answers round {shown(number or '', 60)}, not {wanted.round}")


def _keys(resource: str, lists: list[_List]) -> Iterator[Key]:
    if resource == "schedule":
        yield from ((race.round or "", race.raceName, race.date) for race in lists)
        return
    name, keys = _KEYS[resource]
    for answered in lists:
        rows = getattr(answered, name)
        if rows is None:
            raise BadAnswer(f"answers a race without {name}")
        yield from keys(rows)
