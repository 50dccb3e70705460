"""What differs between two contents of one slice: which rows came, went, and changed."""

from typing import NamedTuple

from f1_core.ledger.rows_text import Table, Value

Row = dict[str, Value]


class Change(NamedTuple):
    """One row that differs. A row that came has no `before`, one that went no `after`."""

    before: Row | None
    after: Row | None

    @property
    def kind(self) -> str:
        """Which of added, removed, changed."""
        if self.before is None:
            return "added"
        return "removed" if self.after is None else "changed"

    @property
    def columns(self) -> list[str]:
        """The columns that differ, if the row changed."""
        before, after = self.before or {}, self.after or {}
        return [name for name in before if name in after and before[name] != after[name]]


def difference(table: Table, before: str, after: str) -> list[Change]:
    """The rows that differ, by their identity.

    A row that went and one that came are one row that changed if they have the same identity: a
    driver who was disqualified is not another driver. Where several rows have it (a shared car of
    the 1950s), they are taken in their order.

    Args:
        before, after: canonical lines, joined by newlines.
    """
    old, new = _lines(table, before), _lines(table, after)
    gone, came = old - new, new - old
    waiting: dict[tuple[Value, ...], list[Row]] = {}
    for row in map(table.values, sorted(gone)):
        waiting.setdefault(_identity(table, row), []).append(row)
    changes = []
    for row in map(table.values, sorted(came)):
        same = waiting.get(_identity(table, row))
        changes.append(Change(same.pop(0) if same else None, row))
    changes += [Change(row, None) for rows in waiting.values() for row in rows]
    return sorted(changes, key=lambda change: _place(table, change))


def _lines(table: Table, text: str) -> set[str]:
    return {table.complete(line) for line in text.split("\n")} if text else set()


def _identity(table: Table, row: Row) -> tuple[Value, ...]:
    return tuple(row[name] for name in table.identity)


def _place(table: Table, change: Change) -> tuple[tuple[bool, Value], ...]:
    identity = _identity(table, change.after or change.before or {})
    return tuple((value is not None, value) for value in identity)
