"""The difference between two versions of one slice: rows added, removed and changed."""

from functools import partial
from typing import NamedTuple

from f1_core.ledger import rows_text
from f1_core.ledger.rows_text import Value
from f1_core.resources import Resource

Row = dict[str, Value]


class Change(NamedTuple):
    """One row that differs. An added row has no `before`, a removed row no `after`."""

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


def difference(resource: Resource, before: str, after: str) -> list[Change]:
    """The rows that differ, by their identity.

    A removed and an added row with the same identity are one changed row: a disqualified driver
    is still the same driver. Several rows with one identity (a shared car of the 1950s) are
    matched in order.

    Args:
        before, after: canonical lines, joined by newlines.
    """
    values = partial(rows_text.values, resource)
    old, new = _lines(resource, before), _lines(resource, after)
    removed, added = old - new, new - old
    unmatched: dict[tuple[Value, ...], list[Row]] = {}
    for row in map(values, sorted(removed)):
        unmatched.setdefault(_identity(resource, row), []).append(row)
    changes = []
    for row in map(values, sorted(added)):
        same = unmatched.get(_identity(resource, row))
        changes.append(Change(same.pop(0) if same else None, row))
    changes += [Change(row, None) for rows in unmatched.values() for row in rows]
    return sorted(changes, key=lambda change: _place(resource, change))


def _lines(resource: Resource, text: str) -> set[str]:
    return {rows_text.complete(resource, line) for line in text.split("\n")} if text else set()


def _identity(resource: Resource, row: Row) -> tuple[Value, ...]:
    return tuple(row[name] for name in resource.identity)


def _place(resource: Resource, change: Change) -> tuple[tuple[bool, Value], ...]:
    identity = _identity(resource, change.after or change.before or {})
    return tuple((value is not None, value) for value in identity)
