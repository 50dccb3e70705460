"""A season's calendar: its races, which of them are over, and when their data is requested."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import msgspec

from f1_core import jolpica
from f1_core.capture import Capture, Race
from f1_core.errors import BadCapture
from f1_core.foreign import built, circuit_fault, shown, text_fault
from f1_core.jolpica import CANCELLED, ROWS
from f1_core.races import MAX_KEYS, Scheduled, race_ids
from f1_core.resources import OF_A_RACE

_ROUND = re.compile(r"[1-9]\d?", re.ASCII)
RACE, SPRINT, QUALIFYING = "Race", "Sprint", "Qualifying"
_LENGTH = {
    RACE: timedelta(hours=2),
    SPRINT: timedelta(minutes=45),
    QUALIFYING: timedelta(minutes=75),
}
"""Approximate time from the start of a session to its last lap."""
SESSION_RESOURCES = {
    session: tuple(one.name for one in OF_A_RACE if one.session == session.lower())
    for session in (QUALIFYING, SPRINT, RACE)
}
"""The resources that a source has after each session, in the order in which they are fetched."""


@dataclass(frozen=True)
class ScheduledRace:
    """A race of a season's schedule. `sessions` have Jolpica's names: Sprint, ..."""

    race_id: str
    season: int
    round: int
    name: str
    circuit_id: str
    date: date
    time: str | None = None
    sessions: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def header(self) -> Race:
        """The race in a capture's header."""
        return Race(
            season=self.season,
            round=self.round,
            circuit_id=self.circuit_id,
            date=self.date.isoformat(),
        )

    def ends(self, session: str) -> datetime | None:
        """The approximate end of a session; None: the weekend has no such session.

        Without a time in the schedule, the end of the day, so that no race is requested too early.
        """
        if session == RACE:
            return _ends(self.date, self.time, session)
        planned = self.sessions.get(session)
        if planned is None or "date" not in planned:
            return None
        return _ends(date.fromisoformat(planned["date"]), planned.get("time"), session)

    def is_run(self, now: datetime) -> bool:
        """Whether the race is over."""
        end = self.ends(RACE)
        return end is not None and end <= now

    @property
    def resources(self) -> tuple[str, ...]:
        """The resources that it can have, in the order in which they are fetched."""
        return tuple(
            one.name
            for one in OF_A_RACE
            if self.season >= one.since and (SPRINT in self.sessions or not one.sprint_only)
        )


def _ends(day: date, clock: str | None, session: str) -> datetime:
    try:
        start = time.fromisoformat((clock or "").replace("Z", "+00:00"))
    except ValueError:
        return datetime.combine(day + timedelta(days=1), time.min, UTC)
    return datetime.combine(day, start.replace(tzinfo=UTC)) + _LENGTH[session]


@dataclass(frozen=True)
class Schedule:
    """The races of a season, by round.

    Attributes:
        fetched_at: when its capture was fetched; None: there is no capture of this source.
    """

    season: int
    races: tuple[ScheduledRace, ...]
    fetched_at: datetime | None = None

    def fresh(self, now: datetime, age: timedelta) -> bool:
        """Whether it need not be read again: recent, or fetched a month after the last race."""
        if self.fetched_at is None:
            return False
        last = max(race.date for race in self.races)
        settled = datetime.combine(last + timedelta(days=30), time.min, UTC)
        return self.fetched_at > settled or now - self.fetched_at < age


@built
class _Session(msgspec.Struct):
    date: str
    time: str | None = None


def read_schedule(capture: Capture) -> Schedule:
    """The races of a schedule's capture.

    Raises:
        BadCapture: its pages cannot be read.
    """
    season = capture.header.season or 0
    found: dict[str, dict[str, Any]] = {}
    try:
        for page in capture.pages:
            for content in ROWS["schedule"].decode(page.content).data.table.entries:
                if content.get("round") in CANCELLED:
                    continue
                race = msgspec.convert(content, jolpica.Race)
                found[race.round] = {
                    "season": season,
                    "round": int(_fits(race.round, _round_fault)),
                    "name": _fits(race.name or f"Round {race.round}", text_fault),
                    "circuit_id": _fits(race.circuit.circuit_id, circuit_fault),
                    "date": _day(race.date, season),
                    "time": _fits(race.time or "", text_fault) or None,
                    "sessions": dict(_sessions(content, season)),
                }
    except (msgspec.MsgspecError, ValueError, TypeError, RecursionError) as error:
        raise BadCapture(f"the schedule of {season} cannot be read: {shown(str(error))}") from error
    return Schedule(season, with_ids(found.values()), capture.header.fetched_at)


def _sessions(content: dict[str, Any], season: int) -> Iterator[tuple[str, dict[str, str]]]:
    if len(content) > MAX_KEYS:
        raise ValueError(f"a race of more than {MAX_KEYS} keys")
    for name, value in content.items():
        if isinstance(value, dict) and "date" in value:
            session = msgspec.convert(value, _Session)
            planned = {"date": _day(session.date, season).isoformat()}
            if session.time:
                planned["time"] = _fits(session.time, text_fault)
            yield _fits(name, text_fault), planned


def _day(text: str, season: int) -> date:
    """A day in the season's year, the year before, or the year after."""
    day = date.fromisoformat(text)
    if abs(day.year - season) > 1:
        raise ValueError(f"{text} is not in {season}")
    return day


def _round_fault(text: str) -> str | None:
    return None if _ROUND.fullmatch(text) else "which is not a round from 1 to 99"


def _fits(text: str, fault: Callable[[str], str | None]) -> str:
    if reason := fault(text):
        raise ValueError(f"{shown(text, 60)!r}, {reason}")
    return text


def with_ids(races: Iterable[dict[str, Any]]) -> tuple[ScheduledRace, ...]:
    """A season's races with their ids, by round."""
    races = sorted(races, key=lambda race: race["round"])
    keys = [Scheduled(r["circuit_id"], r["date"].isoformat(), r["round"]) for r in races]
    ids = race_ids(races[0]["season"], keys) if races else []
    return tuple(
        ScheduledRace(race_id=race_id, **race) for race_id, race in zip(ids, races, strict=True)
    )
