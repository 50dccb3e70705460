"""Where numbers are from, and what corrections changed, as tables and pages."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from f1_api.captures.models import (
    CaptureAnswer,
    CaptureSlice,
    Changes,
    Correction,
    Corrections,
    HistoricCapture,
    RaceProvenance,
    SourceOfRows,
    Sources,
)
from f1_api.http.csv_tables import Table, table_of
from f1_api.http.representations import Forms
from f1_core.ledger.rows_text import Value
from f1_core.ledger.rows_text import table_of as rows_of

_HISTORY = HistoricCapture.__struct_fields__


def _history(answer: RaceProvenance) -> Table:
    def rows() -> Iterator[Sequence[Any]]:
        for resource in answer.resources:
            now = resource.applied.capture if resource.applied else None
            for item in resource.history:
                told = (getattr(item, name) for name in _HISTORY)
                yield [resource.resource, resource.session, item.capture == now, *told]
        for item in answer.refused:
            yield ["", "", False, *(getattr(item, name) for name in _HISTORY)]

    return Table(["resource", "session", "applied", *_HISTORY], rows())


def _changes(answer: Changes) -> Table:
    """A line for each cell that differs."""
    table = rows_of(answer.resource)
    where = (answer.race.race_id if answer.race else "", answer.session)

    def rows() -> Iterator[Sequence[Any]]:
        for row in answer.rows:
            before, after = row.before or {}, row.after or {}
            which = [(row.after or before)[name] for name in table.identity]
            for column in row.columns or (c for c in table.columns if c not in table.identity):
                cells = _cell(before.get(column)), _cell(after.get(column))
                yield [*where, row.change, *which, column, *cells]

    return Table(
        ["race_id", "session", "change", *table.identity, "column", "before", "after"], rows()
    )


def _cell(value: Value) -> object:
    return msgspec.json.encode(value).decode() if isinstance(value, dict) else value


RACE = Forms(_history, "provenance.html")
CHANGES = Forms(_changes, "changes.html")


def _corrections(answer: Corrections) -> Table:
    return table_of(Correction, answer.corrections)


def _sources(answer: Sources) -> Table:
    return table_of(SourceOfRows, answer.sources)


def _slices(answer: CaptureAnswer) -> Table:
    return table_of(CaptureSlice, answer.slices)


CORRECTIONS = Forms(_corrections, "corrections.html")
SOURCES = Forms(_sources, "sources.html")
CAPTURE = Forms(_slices, "capture.html")
