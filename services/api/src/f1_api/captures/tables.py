"""Provenance and changes as tables for CSV."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from f1_api.captures.models import (
    Changes,
    HistoricCapture,
    RaceProvenance,
)
from f1_api.http.csv_tables import Table
from f1_core.ledger.rows_text import Value
from f1_core.resources import RESOURCES

_HISTORY = HistoricCapture.__struct_fields__


def history(answer: RaceProvenance) -> Table:
    """A row for each capture of each resource."""

    def rows() -> Iterator[Sequence[Any]]:
        for resource in answer.resources:
            now = resource.applied.capture if resource.applied else None
            for item in resource.history:
                values = (getattr(item, name) for name in _HISTORY)
                yield [resource.resource, resource.session, item.capture == now, *values]
        for item in answer.refused:
            yield ["", "", False, *(getattr(item, name) for name in _HISTORY)]

    return Table(["resource", "session", "applied", *_HISTORY], rows())


def changes(answer: Changes) -> Table:
    """A row for each cell that differs."""
    kind = RESOURCES[answer.resource]
    where = (answer.race.race_id if answer.race else "", answer.session)

    def rows() -> Iterator[Sequence[Any]]:
        for row in answer.rows:
            before, after = row.before or {}, row.after or {}
            which = [(row.after or before)[name] for name in kind.identity]
            for column in row.columns or (c for c in kind.columns if c not in kind.identity):
                cells = _cell(before.get(column)), _cell(after.get(column))
                yield [*where, row.change, *which, column, *cells]

    return Table(
        ["race_id", "session", "change", *kind.identity, "column", "before", "after"], rows()
    )


def _cell(value: Value) -> object:
    return msgspec.json.encode(value).decode() if isinstance(value, dict) else value
