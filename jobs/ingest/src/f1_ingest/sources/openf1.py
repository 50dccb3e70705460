"""OpenF1: laps and pit stops of a race weekend's race and sprint, as a second source.

Its rows have driver numbers and a session's key. So a capture contains these named pages:
`sessions` (the year's, with the session's key), `drivers` of the session, and its `laps` or
`pit`; with a sprint, the last two twice, in the order of the sessions.

During a live session only paying users have access, even to old data: this counts as an outage.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated

import msgspec

from f1_ingest.calendar import SPRINT
from f1_ingest.errors import BadResponse, IngestFailed
from f1_ingest.settings import Settings
from f1_ingest.sources.protocol import UNREADABLE, Request, Rows, Source, Target

_FAR = 9999
_PATHS = {"laps": "laps", "pitstops": "pit"}


_Number = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]


class _Session(msgspec.Struct):
    session_key: _Number
    session_name: str
    date_start: datetime | None = None


def _nearest(sessions: Sequence[_Session], name: str, day: date) -> int | None:
    """The session with that name nearest to a day, at most one day away.

    Schedules have the local day or the day in UTC, which differ for a race in Las Vegas.
    """
    near = [
        (abs((known - day).days), session.session_key)
        for session in sessions
        if session.session_name == name and (known := _day(session)) is not None
    ]
    days, key = min(near, default=(_FAR, 0))
    return key if days <= 1 else None


class _Row(msgspec.Struct):
    session_key: _Number
    driver_number: _Number
    lap_number: _Number | None = None


_sessions = msgspec.json.Decoder(list[_Session])
_rows = msgspec.json.Decoder(list[_Row])


@dataclass(frozen=True)
class OpenF1(Source):
    """The service at one base URL."""

    name: str = "openf1"
    budget: str | None = "openf1"
    resources: frozenset[str] = frozenset(_PATHS)

    def first(self, target: Target, attempt: int) -> Request:  # noqa: ARG002
        """The year's sessions."""
        return Request(f"{self.url}/sessions", {"year": str(target.season)}, name="sessions")

    def rest(
        self,
        target: Target,
        attempt: int,  # noqa: ARG002
        first: Rows,  # noqa: ARG002
        content: bytes,
    ) -> Sequence[Request]:
        """Drivers and rows of the race, and of the sprint if there is one.

        Raises:
            IngestFailed: it does not have the race.
        """
        race = target.race
        if race is None:
            raise IngestFailed("openf1 has no resources of a whole season")
        dates = {"Race": race.date}
        if SPRINT in race.sessions:
            dates["Sprint"] = date.fromisoformat(race.sessions[SPRINT]["date"])
        sessions = _sessions.decode(content)
        found = {name: _nearest(sessions, name, day) for name, day in dates.items()}
        keys = {name: key for name, key in found.items() if key is not None}
        if not keys:
            raise IngestFailed(
                f"openf1 has no race on {race.date}: it has races from 2023 on, or the schedule "
                "has another date"
            )
        path = _PATHS[target.resource]
        return [
            Request(f"{self.url}/{name}", {"session_key": str(key)}, name=name)
            for key in keys.values()
            for name in ("drivers", path)
        ]

    def rows(self, target: Target, request: Request, content: bytes) -> Rows:  # noqa: ARG002
        """Read a page's keys; it has no total.

        Raises:
            BadResponse: it is of another session, or not a list.
        """
        try:
            if request.name == "sessions":
                return Rows(
                    request, tuple((str(s.session_key),) for s in _sessions.decode(content))
                )
            rows = _rows.decode(content)
        except UNREADABLE as error:
            raise BadResponse(f"not a response of this protocol: {error}") from error
        requested = int(request.params["session_key"])
        if any(row.session_key != requested for row in rows):
            raise BadResponse(f"has another session than {requested}")
        if request.name == "drivers":
            return Rows(request, ())
        return Rows(
            request,
            tuple((str(r.session_key), str(r.driver_number), str(r.lap_number)) for r in rows),
        )

    def is_temporary(self, status: int, detail: str) -> bool:
        """Whether it is closed during a live session."""
        return status in (401, 403) and "session in progress" in detail.lower()


def _day(session: _Session) -> date | None:
    try:
        return session.date_start.astimezone(UTC).date() if session.date_start else None
    except OverflowError:  # in the year 1 or 9999
        return None


def from_settings(settings: Settings) -> OpenF1:
    """The public service, or one at another URL."""
    return OpenF1(settings.openf1.url)
