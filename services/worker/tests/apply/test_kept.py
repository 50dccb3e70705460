"""The ledger stores headers, pages and lines of captures, so that provenance needs no S3."""

from collections.abc import Callable
from typing import Any

import msgspec
import sqlalchemy as sa
from recorded_seasons import NOON, Drain, Recorder

from f1_core.capture import Page
from f1_core.ledger import rows_text
from f1_core.resources import RESOURCES
from f1_core.store.rawstore import RawStore
from f1_worker.parse import PARSER_VERSION

Sql = Callable[..., list[tuple[Any, ...]]]


def test_the_header_and_the_pages_are_those_of_the_object(
    recorder: Recorder, drain: Drain, sql: Sql
) -> None:
    schedule, laps = recorder.make("schedule"), recorder.make("laps", 1)
    recorder.put(schedule, laps)
    drain()
    for capture in (schedule, laps):
        [(header, pages)] = sql(
            "SELECT header, pages FROM captures WHERE capture_key = :key", key=capture.key
        )
        assert header == msgspec.to_builtins(capture.header)
        assert [(page["url"], page["sha256"], page["bytes"]) for page in pages] == [
            (page.url, page.sha256, len(page.content)) for page in capture.pages
        ]
    assert len(laps.pages) > 1


def test_nothing_is_stored_of_an_unreadable_object(
    recorder: Recorder, drain: Drain, sql: Sql, store: RawStore
) -> None:
    capture = recorder.make("laps", 1)
    store.put(capture.key, b"garbage")
    recorder.put(capture)
    assert drain() == {"quarantined": 1}
    assert sql("SELECT header, pages FROM captures") == [(None, None)]


def test_pages_of_a_quarantined_capture_are_stored(
    recorder: Recorder, drain: Drain, sql: Sql
) -> None:
    garbage = Page.of("https://x/\x00", b'{"MRData": 1}', NOON)
    recorder.put(recorder.make("laps", 1, pages=[garbage]))
    assert drain() == {"quarantined": 1}
    [(pages,)] = sql("SELECT pages FROM captures")
    assert pages[0]["sha256"] == garbage.sha256


def test_the_lines_of_applied_captures_are_the_rows(
    recorder: Recorder, drain: Drain, engine: sa.Engine, sql: Sql
) -> None:
    recorder.put(*recorder.season())
    drain()
    kept = sql(
        "SELECT c.race_id, c.resource, c.session, c.lines FROM slice_captures c"
        " JOIN slices USING (season, race_id, session, resource, capture_key)"
        " WHERE c.resource <> 'schedule'"
    )
    assert len(kept) == 3 * 6
    for race_id, resource, session, lines in kept:
        kind = RESOURCES[resource]
        condition = "race_id = :race_id" + (" AND session = :session" if kind.has_session else "")
        columns = ", ".join(kind.columns)
        rows = sql(
            f"SELECT {columns} FROM {kind.table} WHERE {condition}",
            race_id=race_id,
            **({"session": session} if kind.has_session else {}),
        )
        values = [tuple(rows_text.values(kind, line).values()) for line in lines.split("\n")]
        assert sorted(values, key=repr) == sorted(map(_plain, rows), key=repr), resource


def test_captures_without_stored_pages_and_lines_are_read_again(
    recorder: Recorder, drain: Drain, sql: Sql, engine: sa.Engine
) -> None:
    """After an upgrade, captures that were processed before can be compared, too."""
    first, second = recorder.make("laps", 1), recorder.make("laps", 1, change=_slower)
    recorder.put(recorder.make("schedule"), first, second)
    drain()
    kept = "SELECT capture_key, lines, applied, replaced, state FROM slice_captures ORDER BY 1"
    before = sql(kept)
    with engine.begin() as connection:
        connection.execute(
            sa.text("UPDATE slice_captures SET lines = NULL, applied = NULL, replaced = NULL")
        )
        connection.execute(
            sa.text("UPDATE captures SET header = NULL, pages = NULL, parser_version = :old"),
            {"old": PARSER_VERSION - 1},
        )
    assert sum(drain().values()) == 3
    assert sql(kept) == before
    assert sql("SELECT count(*) FROM captures WHERE header IS NULL OR pages IS NULL") == [(0,)]
    [(replaced,)] = sql("SELECT replaced FROM slice_captures WHERE capture_key = :k", k=second.key)
    assert replaced == first.key


def _slower(answer: dict[str, Any]) -> None:
    for race in answer["MRData"]["RaceTable"]["Races"]:
        race["Laps"][0]["Timings"][0]["time"] = "1:59.999"


def _plain(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Convert numbers of any type to Python's, for comparison."""
    return tuple(float(value) if type(value).__name__ == "Decimal" else value for value in row)
