"""Entries of sessions: the slices of a driver's laps and result, and missing entries."""

from collections import Counter, defaultdict
from typing import NamedTuple

from f1_worker.parse.archive import Archive, Where
from f1_worker.parse.csvfiles import BadRow
from f1_worker.parse.jolpica_csv.rounds import RESULTS_OF, Rounds, Session
from f1_worker.parse.jolpica_csv.tables import file_name


class Entry(NamedTuple):
    """A driver's entry of a session.

    Attributes:
        laps: the slice of its laps, if it has any.
        result: the slice of its result and fastest lap.
    """

    laps: Where | None
    result: Where | None
    driver_id: str

    @property
    def slices(self) -> list[Where]:
        """The slices that are not None."""
        return [where for where in (self.laps, self.result) if where is not None]


NO_ENTRY = Entry(None, None, "")


class Entries:
    """Reads the entries of sessions.

    Attributes:
        by_id: by the dump's number, including unreadable ones.
        lacking: rounds with entries that have no entry in any session.
        without_race: rounds with entries, but none in the race.
    """

    def __init__(self, archive: Archive, rounds: Rounds) -> None:
        self.by_id: dict[str, Entry] = {}
        self.lacking: Counter[str] = Counter()
        self.without_race: list[str] = []
        self._archive = archive
        self._rounds = rounds
        self._types: defaultdict[str, set[str]] = defaultdict(set)
        for session in rounds.sessions.values():
            self._types[session.round].add(session.type)
        self._read()

    def leave_out_round(self, number: str, reason: str) -> None:
        """Apply only the championship of a round."""
        self._archive.leave_out(Where(number, "results", "race"), reason)
        for kind in sorted(self._types[number]):
            for where in _entry(Session(number, kind, 0), "").slices:
                if where.resource != "results":
                    self._archive.leave_out(where, reason)

    def _read(self) -> None:
        archive, rounds = self._archive, self._rounds
        table = archive.open(file_name("sessionentry"), "results", "sprint", "qualifying")
        assert table is not None  # a required table
        seen: set[str] = set()
        last = ""
        for row in table.rows("id", "round_entry_id", "session_id"):
            session_id, entry_id = row["session_id"], row["round_entry_id"]
            seen.add(entry_id)
            if session_id in rounds.cancelled:
                self.by_id[row["id"]] = NO_ENTRY
                continue
            session = rounds.sessions.get(session_id)
            entered = rounds.entered.get(entry_id)
            entry = _entry(session, entered.driver_id if entered else "")
            self.by_id[row["id"]] = entry
            last = session.round if session else last
            if session is None:
                unknown = f"{table}, column session_id: {session_id!r}, which {_SESSION}"
                self._leave_out_round_of(entry_id, unknown)
            elif entered is None:
                unknown = f"{table}, column round_entry_id: {entry_id!r}, which {_ROUND_ENTRY}"
                reason = rounds.refused.get(entry_id, ("", unknown))[1]
                for where in entry.slices:
                    archive.leave_out(where, reason)
        for bad in table.bad:
            self._refuse(bad, last)
        archive.close(table, "results", "sprint", "qualifying")
        self._find_lacking(seen, last, is_damaged=table.damage is not None)
        raced = {entry.result.race for entry in self.by_id.values() if entry.laps and entry.result}
        with_entries = {entered.round for entered in self._rounds.entered.values()}
        self.without_race = sorted(with_entries - raced)

    def _refuse(self, bad: BadRow, last: str) -> None:
        session = self._rounds.sessions.get(bad.cells.get("session_id", ""))
        if session is not None:
            for where in _entry(session, "").slices:
                self._archive.leave_out(where, bad.problem)
        else:
            self._leave_out_round_of(bad.cells.get("round_entry_id", ""), bad.problem, last)

    def _leave_out_round_of(self, entry_id: str, reason: str, otherwise: str = "") -> None:
        entered = self._rounds.entered.get(entry_id)
        number = entered.round if entered else self._rounds.refused.get(entry_id, (otherwise,))[0]
        if number:
            self.leave_out_round(number, reason)
        else:
            self._archive.note(reason)

    def _find_lacking(self, seen: set[str], last: str, *, is_damaged: bool) -> None:
        """Leave out rounds without entries of sessions, or that lack some at the file's end.

        Other entries, and single ones, may be correct: a driver who was entered and did not drive.
        """
        entered = Counter(entry.round for entry in self._rounds.entered.values())
        self.lacking = Counter(
            entry.round for key, entry in self._rounds.entered.items() if key not in seen
        )
        held = [
            ref[:2]
            for key in entered.keys() - self.lacking.keys()
            if (ref := self._archive.race(key)) is not None
        ]
        latest = max(held, default=(0, 0))
        for number, count in self.lacking.items():
            ref = self._archive.race(number)
            due = ref is None or is_damaged or ref[:2] <= latest
            if (number == last and count > 1) or (count == entered[number] and due):
                self.leave_out_round(number, self.lack(number))

    def lack(self, number: str) -> str:
        """The number of missing entries of a round."""
        return f"{file_name('sessionentry')} has no row of {self.lacking[number]} entries"


def _entry(session: Session | None, driver_id: str) -> Entry:
    if session is None:
        return Entry(None, None, driver_id)
    if session.type in RESULTS_OF:
        resource, name = RESULTS_OF[session.type]
        result = Where(session.round, resource, name)
        return Entry(Where(session.round, "laps", name), result, driver_id)
    if session.type.startswith("Q"):
        return Entry(None, Where(session.round, "qualifying", "qualifying"), driver_id)
    return Entry(None, None, driver_id)


_SESSION = f"{file_name('session')} does not list"
_ROUND_ENTRY = f"{file_name('roundentry')} does not list"
