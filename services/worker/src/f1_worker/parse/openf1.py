"""OpenF1's laps and pit stops of a weekend's race, and of its sprint if there was one.

A capture has named pages: `sessions` of the year, and for each session its `drivers` and its `laps`
or `pit`. Rows have a session's key and a driver's number, which is the car's (the champion's is 1).
The drivers' page has the three-letter code of each number; :meth:`Slice.with_driver_ids` replaces
codes by Ergast's ids, which only the database has. Lap 1 has no duration by design, and laps may be
missing; the source promises no number of rows, so these are not problems.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import msgspec

from f1_core.capture import Capture, Header
from f1_core.durations import format_duration
from f1_core.errors import BadCapture
from f1_worker.parse import cells, lines, validation
from f1_worker.parse.cells import NULL, Unreadable
from f1_worker.parse.pages import contents
from f1_worker.parse.slices import Parsed, RaceRef, Reference, Slice

_CODE = re.compile(r"\w{1,10}")
_SESSIONS = {"Race": "race", "Sprint": "sprint"}


class _Session(msgspec.Struct):
    session_key: int
    session_name: str


class _Driver(msgspec.Struct):
    session_key: int
    driver_number: int
    name_acronym: str | None = None


class _Lap(msgspec.Struct):
    session_key: int
    driver_number: int
    lap_number: int
    lap_duration: float | None = None


class _Stop(msgspec.Struct):
    session_key: int
    driver_number: int
    lap_number: int | None = None
    date: str | None = None
    # Two names of one field: OpenF1 removes the second at the end of 2026.
    lane_duration: float | None = None
    pit_duration: float | None = None


_DECODERS: dict[str, msgspec.json.Decoder[Any]] = {
    "sessions": msgspec.json.Decoder(list[_Session]),
    "drivers": msgspec.json.Decoder(list[_Driver]),
    "laps": msgspec.json.Decoder(list[_Lap]),
    "pit": msgspec.json.Decoder(list[_Stop]),
}
_ROWS = {"laps": "laps", "pitstops": "pit"}
"""The page with a resource's rows."""


class _Answers(NamedTuple):
    """The content of all pages."""

    sessions: dict[int, str]
    codes: dict[tuple[int, int], str]
    """By session and driver number."""
    rows: dict[int, list[tuple[int, Any]]]
    """The page and the row, by session."""


def parse(capture: Capture) -> Parsed:
    """Read a capture; its slices have driver codes.

    Raises:
        BadCapture: a page is not an answer of OpenF1, or a value cannot be read.
    """
    header = capture.header
    if header.resource not in _ROWS:
        raise BadCapture(f"{header.source} has no resource {header.resource!r}")
    if header.race is None:
        raise BadCapture("the capture names no race")
    answers = _read(capture, _ROWS[header.resource])
    merge = _laps if header.resource == "laps" else _stops
    slices, found = [], []
    for key, rows in answers.rows.items():
        session = _SESSIONS.get(answers.sessions.get(key, ""))
        if session is None:
            raise BadCapture(f"session {key} is neither a race nor a sprint of the listed sessions")
        known, strangers = _by_code(answers, key, rows)
        made, differences = merge(known)
        found += strangers + validation.disagreements(differences)
        slices.append(_slice(header, session, made, frozenset(code for code, _, _ in known)))
    if not slices:
        raise BadCapture(f"there is no page of {_ROWS[header.resource]}")
    return Parsed(slices, Reference(), found)


def _read(capture: Capture, kind: str) -> _Answers:
    answers = _Answers({}, {}, {})
    for number, content in contents(capture):
        page = capture.pages[number - 1]
        path = urlsplit(page.url)
        name = page.name or path.path.rpartition("/")[2]
        if name not in ("sessions", "drivers", kind):
            raise BadCapture(f"page {number} ({name}) is not one of sessions, drivers and {kind}")
        try:
            found = _DECODERS[name].decode(content)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise BadCapture(f"page {number} is not a response about {name}: {error}") from error
        if name == "sessions":
            answers.sessions.update((one.session_key, one.session_name) for one in found)
        elif name == "drivers":
            for driver in found:
                whose = (driver.session_key, driver.driver_number)
                # Some drivers are listed twice, the second time without a code.
                answers.codes[whose] = driver.name_acronym or answers.codes.get(whose, "")
        else:
            # A page without rows has its session in the URL.
            for key in parse_qs(path.query).get("session_key", []):
                if key.isascii() and key.isdecimal() and len(key) < 10:
                    answers.rows.setdefault(int(key), [])
            for row in found:
                answers.rows.setdefault(row.session_key, []).append((number, row))
    return answers


Coded = tuple[str, int, Any]
"""A driver's code, the page, and the row."""


def _by_code(
    answers: _Answers, session: int, rows: Sequence[tuple[int, Any]]
) -> tuple[list[Coded], list[str]]:
    """Rows with their driver codes; a problem if a code is missing or ambiguous."""
    codes = {number: code for (key, number), code in answers.codes.items() if key == session}
    drivers = Counter(codes.values())
    known: list[Coded] = []
    strangers: set[int] = set()
    for page, row in rows:
        code = codes.get(row.driver_number, "")
        if drivers[code] == 1 and _CODE.fullmatch(code):
            known.append((code, page, row))
        else:
            strangers.add(row.driver_number)
    if not strangers:
        return known, []
    cars = ", ".join(map(str, sorted(strangers)))
    return known, [
        f"rows of car {cars} are skipped: the session's drivers do not identify its driver"
    ]


def _laps(rows: Sequence[Coded]) -> tuple[list[str], list[str]]:
    made: dict[str, str] = {}
    differences = []
    for code, page, lap in rows:
        name = f"lap {lap.lap_number} of {code}"
        try:
            number = cells.lap_number(str(lap.lap_number))
            line = f"{code}\t{number}\t{NULL}\t{_milliseconds(lap.lap_duration)}"
        except Unreadable as error:
            raise BadCapture(f"page {page}: {name} has {error}") from error
        before = made.get(name, line)
        if before != line:
            differences.append(validation.disagreement("laps", name, before, line))
        made[name] = line
    return sorted(made.values()), differences


def _stops(rows: Sequence[Coded]) -> tuple[list[str], list[str]]:
    """Pit stops, numbered in order, since the source has no numbers."""
    by_driver: defaultdict[str, set[tuple[int, str, str]]] = defaultdict(set)
    for code, page, stop in rows:
        # A start from the pit lane is not a stop.
        if stop.lap_number is None or stop.lap_number < 1:
            continue
        duration = stop.lane_duration if stop.lane_duration is not None else stop.pit_duration
        try:
            cells.lap_number(str(stop.lap_number))
            duration_ms = _milliseconds(duration)
        except Unreadable as error:
            raise BadCapture(f"page {page}: a stop of {code} has {error}") from error
        by_driver[code].add((stop.lap_number, stop.date or "", duration_ms))
    made = []
    for code, stops in by_driver.items():
        for number, (lap, _, duration_ms) in enumerate(sorted(stops), 1):
            shown = None if duration_ms == NULL else format_duration(int(duration_ms))
            _, line = lines.pit_stop(
                code,
                stop=str(number),
                lap=str(lap),
                time=None,
                duration_ms=duration_ms,
                duration=shown,
            )
            made.append(line)
    return sorted(made), []


def _milliseconds(seconds: float | None) -> str:
    if seconds is None:
        return NULL
    duration = round(seconds * 1000) if abs(seconds) < 1e9 else 0
    if not 0 < duration < cells.DAY_MS:
        raise Unreadable("duration", seconds, "which is not a duration above 0 and below a day")
    return str(duration)


def _slice(header: Header, session: str, made: list[str], codes: frozenset[str]) -> Slice:
    race = header.race
    assert race is not None
    return Slice(
        resource=header.resource,
        session=session,
        season=race.season,
        race=RaceRef(race.season, race.round, race.circuit_id, race.date),
        lines=made,
        driver_codes=codes,
    )
