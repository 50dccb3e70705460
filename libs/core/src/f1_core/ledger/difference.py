"""What differs between two contents of one slice: which rows came, went, and changed."""

from functools import partial
from typing import NamedTuple

from f1_core.ledger import rows_text
from f1_core.ledger.rows_text import Value
from f1_core.resources import Resource

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


def difference(resource: Resource, before: str, after: str) -> list[Change]:
    """The rows that differ, by their identity.

    A row that went and one that came are one row that changed if they have the same identity: a
    driver who was disqualified is not another driver. Where several rows have it (a shared car of
    the 1950s), they are taken in their order.

    Args:
        before, after: canonical lines, joined by newlines.
    """
    values = partial(rows_text.values, resource)
    old, new = _lines(resource, before), _lines(resource, after)
    gone, came = old - new, new - old
    waiting: dict[tuple[Value, ...], list[Row]] = {}
    for row in map(values, sorted(gone)):
        waiting.setdefault(_identity(resource, row), []).append(row)
    changes = []
    for row in map(values, sorted(came)):
        same = waiting.get(_identity(resource, row))
        changes.append(Change(same.pop(0) if same else None, row))
    changes += [Change(row, None) for rows in waiting.values() for row in rows]
    return sorted(changes, key=lambda change: _place(resource, change))


def _lines(resource: Resource, text: str) -> set[str]:
    return {rows_text.complete(resource, line) for line in text.split("\n")} if text else set()


def _identity(resource: Resource, row: Row) -> tuple[Value, ...]:
    return tuple(row[name] for name in resource.identity)


def _place(resource: Resource, change: Change) -> tuple[tuple[bool, Value], ...]:
    identity = _identity(resource, change.after or change.before or {})
    return tuple((value is not None, value) for value in identity)
