"""What the ledger keeps of each capture, so that numbers are traced without reading S3."""

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

Ask = Callable[..., list[tuple[Any, ...]]]


def test_the_header_and_the_pages_are_those_of_the_object(
    recorder: Recorder, drain: Drain, ask: Ask
) -> None:
    schedule, laps = recorder.make("schedule"), recorder.make("laps", 1)
    recorder.put(schedule, laps)
    drain()
    for capture in (schedule, laps):
        [(header, pages)] = ask(
            "SELECT header, pages FROM captures WHERE capture_key = :key", key=capture.key
        )
        assert header == msgspec.to_builtins(capture.header)
        assert [(page["url"], page["sha256"], page["bytes"]) for page in pages] == [
            (page.url, page.sha256, len(page.content)) for page in capture.pages
        ]
    assert len(laps.pages) > 1


def test_of_an_object_that_cannot_be_read_nothing_is_kept(
    recorder: Recorder, drain: Drain, ask: Ask, store: RawStore
) -> None:
    capture = recorder.make("laps", 1)
    store.put(capture.key, b"garbage")
    recorder.put(capture)
    assert drain() == {"quarantined": 1}
    assert ask("SELECT header, pages FROM captures") == [(None, None)]


def test_pages_of_a_quarantined_capture_are_kept(
    recorder: Recorder, drain: Drain, ask: Ask
) -> None:
    garbage = Page.of("https://x/\x00", b'{"MRData": 1}', NOON)
    recorder.put(recorder.make("laps", 1, pages=[garbage]))
    assert drain() == {"quarantined": 1}
    [(pages,)] = ask("SELECT pages FROM captures")
    assert pages[0]["sha256"] == garbage.sha256


def test_the_lines_of_applied_captures_are_the_rows(
    recorder: Recorder, drain: Drain, engine: sa.Engine, ask: Ask
) -> None:
    recorder.put(*recorder.season())
    drain()
    kept = ask(
        "SELECT c.race_id, c.resource, c.session, c.lines FROM slice_captures c"
        " JOIN slices USING (season, race_id, session, resource, capture_key)"
        " WHERE c.resource <> 'schedule'"
    )
    assert len(kept) == 3 * 6
    for race_id, resource, session, lines in kept:
        kind = RESOURCES[resource]
        condition = "race_id = :race_id" + (" AND session = :session" if kind.has_session else "")
        columns = ", ".join(kind.columns)
        rows = ask(
            f"SELECT {columns} FROM {kind.table} WHERE {condition}",
            race_id=race_id,
            **({"session": session} if kind.has_session else {}),
        )
        told = [tuple(rows_text.values(kind, line).values()) for line in lines.split("\n")]
        assert sorted(told, key=repr) == sorted(map(_plain, rows), key=repr), resource


def test_captures_of_a_worker_that_kept_nothing_are_read_again(
    recorder: Recorder, drain: Drain, ask: Ask, engine: sa.Engine
) -> None:
    """An upgrade: what was processed before is not lost to comparison."""
    first, second = recorder.make("laps", 1), recorder.make("laps", 1, change=_slower)
    recorder.put(recorder.make("schedule"), first, second)
    drain()
    kept = "SELECT capture_key, lines, applied, replaced, state FROM slice_captures ORDER BY 1"
    before = ask(kept)
    with engine.begin() as connection:
        connection.execute(
            sa.text("UPDATE slice_captures SET lines = NULL, applied = NULL, replaced = NULL")
        )
        connection.execute(
            sa.text("UPDATE captures SET header = NULL, pages = NULL, parser_version = :old"),
            {"old": PARSER_VERSION - 1},
        )
    assert sum(drain().values()) == 3
    assert ask(kept) == before
    assert ask("SELECT count(*) FROM captures WHERE header IS NULL OR pages IS NULL") == [(0,)]
    [(replaced,)] = ask("SELECT replaced FROM slice_captures WHERE capture_key = :k", k=second.key)
    assert replaced == first.key


def _slower(answer: dict[str, Any]) -> None:
    for race in answer["MRData"]["RaceTable"]["Races"]:
        race["Laps"][0]["Timings"][0]["time"] = "1:59.999"


def _plain(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Numbers of any kind compare as Python's."""
    return tuple(float(value) if type(value).__name__ == "Decimal" else value for value in row)
