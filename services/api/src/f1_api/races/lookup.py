"""Find races by ``2024-monaco``, ``2024-5``, ``2024-last``, ``last``, ``next``."""

import re
from datetime import date

import msgspec

from f1_api.completeness.models import CapturedResource
from f1_api.http.problems import NotFound
from f1_api.names import matches
from f1_api.postgres.pool import Snapshot
from f1_api.races.models import RaceSummary

_WRITTEN = re.compile(
    r"(?:(?P<season>\d{4}|current)-)?(?:(?P<round>\d{1,2})|(?P<word>last|next))", re.ASCII
)
_ID = re.compile(
    r"(?:(?P<season>\d{4})|current)-(?P<circuit>[a-z0-9_-]{1,80})", re.ASCII | re.IGNORECASE
)
_HOW = "write 2024-monaco, 2024-5 (the season's fifth race), 2024-last, current-5, last or next"

_captured = msgspec.json.Decoder(list[CapturedResource])


class FoundRace(msgspec.Struct, frozen=True, kw_only=True):
    """A race, with its captures.

    `dated`: the request has `current`, `last` or `next`.
    """

    race_id: str
    season: int
    round: int
    name: str
    circuit_id: str
    date: date
    has_sprint: bool
    synthetic: bool | None
    captured: list[CapturedResource]
    dated: bool

    @property
    def summary(self) -> RaceSummary:
        """The race as answers show it."""
        return RaceSummary(
            self.race_id, self.season, self.round, self.name, self.circuit_id, self.date
        )


def find(snapshot: Snapshot, written: str, *, today: date) -> FoundRace:
    """The requested race.

    Raises:
        NotFound: there is none; `detail` says what to write.
    """
    race_id: str | None = None
    if match := _WRITTEN.fullmatch(written.lower()):
        season = _season(match["season"], today)
        if match["round"] and season is not None:
            parameters = {"season": season, "round": int(match["round"])}
            found = snapshot.row("race_id_of_round", parameters)
        elif match["word"]:
            found = snapshot.row(f"race_id_{match['word']}", {"season": season})
        else:
            found = None
        race_id = found[0] if found else None
    elif match := _ID.fullmatch(written):
        season = _season(match["season"] or "current", today)
        race_id = f"{season}-{match['circuit']}"
        stored = snapshot.row("race_id_written", {"written": race_id})
        race_id = stored[0] if stored else None
    row = snapshot.row("race", {"race_id": race_id}) if race_id else None
    if row is None:
        raise _not_found(snapshot, written.lower(), today)
    return FoundRace(
        race_id=row[0],
        season=row[1],
        round=row[2],
        name=row[3],
        circuit_id=row[4],
        date=row[5],
        has_sprint=row[6],
        synthetic=row[7],
        captured=_captured.decode(row[8]) if row[8] else [],
        dated=bool(re.search(r"current|last|next", written, re.IGNORECASE)),
    )


def _season(text: str | None, today: date) -> int | None:
    return today.year if text == "current" else int(text) if text else None


def _not_found(snapshot: Snapshot, written: str, today: date) -> NotFound:
    hint = ""
    if match := re.match(r"(\d{4}|current)-?(.{0,80})", written, re.ASCII):
        season = _season(match[1], today)
        text = "" if match[2].isdigit() else match[2].replace("-", "_").replace("\x00", "")
        names = snapshot.rows("race_names", {"season": season})
        names.sort(key=lambda row: not (matches(text, row[0]) or matches(text, row[1])))
        similar = [row[0] for row in names[:3]]
        if similar:
            hint = f"; that season has {', '.join(similar)}, ...: /races?season={season} lists all"
        else:
            hint = "; /seasons lists the seasons that are stored"
    return NotFound(f"there is no race {written[:100]!r} here: {_HOW}{hint}")
