"""`f1-worker accept` fails if it would change nothing, with a hint."""

import re
from collections.abc import Callable

from recorded_seasons import NOON, Drain, Recorder, Run
from whole_archive import whole_ergast_archive

from f1_core.capture import Capture, Page
from f1_ingest.synthetic import cached_season


def whole_archive(recorder: Recorder, rounds: int, change: Callable[[str], str] = str) -> Capture:
    """An archive of the first races of 2024 with faults in the pit stops."""
    dataset = cached_season(2024).copy()
    dataset.weekends = dataset.weekends[:rounds]
    files = whole_ergast_archive(dataset)
    files["pit_stops.csv"] = change(files["pit_stops.csv"])
    pages = [Page.of("/x", content.encode(), NOON, name) for name, content in files.items()]
    return Capture(recorder.archive().header, pages)


def unreadable_lap(stops: str) -> str:
    """Replace the lap of the first stop by a text."""
    header, first, *rest = stops.splitlines(keepends=True)
    race, driver, stop, _, *cells = first.split(",")
    return "".join([header, ",".join([race, driver, stop, "x", *cells]), *rest])


def test_an_archive_with_only_an_unreadable_row_cannot_be_accepted(
    recorder: Recorder, drain: Drain, run: Run
) -> None:
    archive = whole_archive(recorder, 1, unreadable_lap)
    recorder.put(archive)
    assert drain() == {"processed": 1}
    refused = run("accept", archive.key)
    assert refused.exit_code == 1
    assert "rows of 1 slices cannot be read, and all others are applied" in refused.stderr
    assert f"f1-worker dismiss {archive.key}" in refused.stderr


def test_a_capture_of_a_race_that_is_not_scheduled_cannot_be_accepted(
    recorder: Recorder, drain: Drain, run: Run
) -> None:
    without = recorder.dataset.copy()
    del without.weekends[2]
    results = recorder.make("results", 3)
    recorder.put(recorder.make("schedule", dataset=without), results)
    drain()
    refused = run("accept", results.key)
    assert refused.exit_code == 1
    why = "its rows are valid; it is quarantined because the schedule of 2024 has no race"
    assert why in refused.stderr
    assert f"when that has changed, f1-worker retry {results.key}" in refused.stderr


def test_an_archive_with_a_race_that_is_not_scheduled_cannot_be_accepted(
    recorder: Recorder, drain: Drain, run: Run
) -> None:
    without = recorder.dataset.copy()
    without.weekends = without.weekends[:1]
    archive = whole_archive(recorder, 2)
    recorder.put(recorder.make("schedule", dataset=without, source="jolpica"), archive)
    drain()
    refused = run("accept", archive.key)
    assert refused.exit_code == 1
    assert re.search(r"it is quarantined because \d+ of \d+ slices wait", refused.stderr)
