"""Measures parsing: `python services/worker/tests/parse/measure.py [races]`. Not a test.

Synthetic races of 55 laps and 20 drivers, 1,100 rows in 11 pages, each race with other times.
Decoding the object (JSON and the pages' sha256), merging, and the hash of the lines are counted.
"""
# ruff: noqa: T201

import random
import sys
import time
from datetime import UTC, datetime

import msgspec

from f1_core.capture import Capture, Header, Page, Race, decode
from f1_core.durations import format_duration
from f1_worker.parse import parse

NOW = datetime(2024, 5, 26, tzinfo=UTC)
DRIVERS = [f"driver_number_{number}" for number in range(20)]
LAPS, LIMIT = 55, 100


def race(number: int) -> bytes:
    """One race's laps, as an object in S3."""
    chance = random.Random(number)
    pace = chance.randint(65_000, 110_000)
    rows = [
        (lap, driver, position, format_duration(pace + chance.randint(0, 8_000)))
        for lap in range(1, LAPS + 1)
        for position, driver in enumerate(DRIVERS, 1)
    ]
    about = {
        "season": "2024",
        "round": "8",
        "url": "https://example.test/2024_Monaco_Grand_Prix",
        "raceName": "Monaco Grand Prix",
        "Circuit": {"circuitId": "monaco", "circuitName": "Circuit de Monaco"},
        "date": "2024-05-26",
    }
    pages = []
    for offset in range(0, len(rows), LIMIT):
        laps: dict[int, list[dict[str, str]]] = {}
        for lap, driver, position, text in rows[offset : offset + LIMIT]:
            timing = {"driverId": driver, "position": str(position), "time": text}
            laps.setdefault(lap, []).append(timing)
        content = [{"number": str(lap), "Timings": timings} for lap, timings in laps.items()]
        table = {"season": "2024", "round": "8", "Races": [{**about, "Laps": content}]}
        data = {"total": str(len(rows)), "RaceTable": table}
        pages.append(
            Page.of("https://example.test/laps", msgspec.json.encode({"MRData": data}), NOW)
        )
    header = Header(
        source="jolpica",
        resource="laps",
        order=number,
        started_at=NOW,
        fetched_at=NOW,
        season=2024,
        round=8,
        race=Race(2024, 8, "monaco", "2024-05-26"),
        total=len(rows),
    )
    return Capture(header, pages).encode()


def main() -> None:
    """Print CPU time per row and per capture."""
    objects = [race(number) for number in range(int(sys.argv[1]) if sys.argv[1:] else 100)]
    rows = len(objects) * LAPS * len(DRIVERS)
    spent = {"decode": 0.0, "parse": 0.0, "hash": 0.0}
    slowest = 0.0
    for content in objects:
        began = time.process_time()
        capture = decode(content)
        decoded = time.process_time()
        parsed = parse(capture)
        merged = time.process_time()
        parsed.slices[0].content_hash  # noqa: B018 - computed on access
        ended = time.process_time()
        assert not parsed.problems
        spent["decode"] += decoded - began
        spent["parse"] += merged - decoded
        spent["hash"] += ended - merged
        slowest = max(slowest, ended - began)
    total = sum(spent.values())
    for name, seconds in {**spent, "total": total}.items():
        print(f"{name:6} {seconds / rows * 1e6:5.2f} us a row")
    print(f"a capture of {LAPS * len(DRIVERS)} rows: {total / len(objects) * 1e3:.2f} ms,")
    print(
        f"the first or slowest {slowest * 1e3:.2f} ms; 538,121 rows: {538121 * total / rows:.2f} s"
    )


if __name__ == "__main__":
    main()
