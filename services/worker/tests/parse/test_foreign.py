"""Ids, texts, URLs and dates that are not allowed in a source's data."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from f1_core.foreign import circuit_fault, id_fault, shown, text_fault, url_fault
from f1_worker.parse import cells
from f1_worker.parse.cells import Unreadable
from f1_worker.parse.schedule import scheduled_race

RACE: dict[str, Any] = {
    "season": 2024,
    "round_text": "8",
    "name": "Monaco Grand Prix",
    "circuit_id": "monaco",
    "date": "2024-05-26",
    "time": "13:00:00Z",
    "url": "https://en.wikipedia.org/wiki/2024_Monaco_Grand_Prix",
    "sessions": {"Sprint": {"date": "2024-05-25"}},
}


@pytest.mark.parametrize(
    "value",
    ["max_verstappen", "scott_Brown", "mclaren-alfa_romeo", "MexicoCity", "a1", "kevin-2", "räik"],
)  # fmt: skip
def test_ids_of_the_sources_are_accepted(value: str) -> None:
    assert cells.identifier(value, "id") == value


@pytest.mark.parametrize(
    "value",
    ["..", ".", "a.b", "a'b", "a/b", "a b", "a\0", "a\n", "", "1", "2024", "²", "٣", "-", "__",
     "last", "Last", "next", "current", "None", "\\N", "<b>", "a" * 81, "e\u0301"],
)  # fmt: skip
def test_an_invalid_id_is_refused(value: str) -> None:
    with pytest.raises(Unreadable, match="which is not an id"):
        cells.identifier(value, "id")
    with pytest.raises(Unreadable):
        scheduled_race(**{**RACE, "circuit_id": value})


def test_a_circuits_id_cannot_equal_the_id_of_a_second_race() -> None:
    assert circuit_fault("monaco-2")
    assert circuit_fault("port-imperial") is None
    with pytest.raises(Unreadable, match="second race"):
        scheduled_race(**{**RACE, "circuit_id": "monaco-2"})


@pytest.mark.parametrize(
    "change",
    [
        {"name": "x" * 301},
        {"name": "\x1b[2J"},
        {"name": "\u202ereversed"},
        {"time": "x" * 301},
        {"url": "javascript:alert(1)"},
        {"url": "ftp://example.org"},
        {"url": "//example.org"},
        {"url": "https://"},
        {"url": "https://a b"},
        {"url": "https://a/" + "x" * 2000},
        {"date": "0001-01-01"},
        {"date": "9999-12-31"},
        {"sessions": {"Sprint": {"date": "9999-12-31"}}},
        {"sessions": {"x" * 301: {"date": "2024-05-25"}}},
        {"sessions": {f"s{n}": {"date": "2024-05-25"} for n in range(51)}},
        {"round_text": "9" * 5000},
    ],
)
def test_an_impossible_entry_of_a_schedule_is_refused(change: dict[str, Any]) -> None:
    assert scheduled_race(**RACE).circuit_id == "monaco"
    with pytest.raises(Unreadable) as raised:
        scheduled_race(**{**RACE, **change})
    assert len(str(raised.value)) < 250


def test_texts_that_are_part_of_a_key_fit_into_an_index() -> None:
    assert cells.text("44", "number", 30) == "44"
    with pytest.raises(Unreadable, match="longer than 30 characters"):
        cells.text("4" * 31, "number", 30)


def test_messages_are_one_line_that_a_terminal_can_show() -> None:
    assert shown("a\0\x1b[2J\r\nb\ufeff\ud800") == "a\ufffd\ufffd[2J  b\ufffd\ufffd"


def test_no_real_id_text_or_url_is_refused(shared_data: Path) -> None:
    seen = 0
    for path in shared_data.glob("ergast-csv-*/*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                for name, value in row.items():
                    if value not in (None, "", "\\N"):
                        seen += 1
                        _must_fit(name, value)
    for path in shared_data.glob("jolpica-responses/**/*.json"):
        seen += _walk(json.loads(path.read_bytes()))
    assert seen > 100_000


def _walk(value: Any, name: str = "") -> int:
    if isinstance(value, dict):
        return sum(_walk(inner, key) for key, inner in value.items())
    if isinstance(value, list):
        return sum(_walk(inner, name) for inner in value)
    if isinstance(value, str) and value:
        _must_fit({"driverId": "driverRef", "circuitId": "circuitRef"}.get(name, name), value)
    return 1


def _must_fit(name: str, value: str) -> None:
    judge: Callable[[str], str | None] = {
        "driverRef": id_fault,
        "constructorRef": id_fault,
        "circuitRef": circuit_fault,
        "url": url_fault,
    }.get(name, text_fault)
    assert judge(value) is None, (name, value)
