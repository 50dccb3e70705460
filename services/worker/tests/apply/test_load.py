"""Readable captures that contradict their header or key are quarantined with a reason."""

from dataclasses import replace

import msgspec
import pytest
from recorded_seasons import Drain, Recorder

from f1_core.capture import Capture, Race
from f1_core.store.rawstore import RawStore
from f1_worker.apply.load import load
from f1_worker.parse import parse
from f1_worker.parse.slices import Parsed, Reference
from f1_worker.queue.claim import Claim


def claim_of(capture: Capture) -> Claim:
    header = capture.header
    return Claim(
        capture.key, header.source, header.resource, header.season, header.round, header.order, 0
    )


def test_a_capture_without_race_and_season_is_quarantined(
    recorder: Recorder, store: RawStore
) -> None:
    laps = recorder.make("laps", 1)
    recorder.put(laps, announce=False)
    loaded = load(store, claim_of(laps), lambda capture: Parsed([], Reference()))
    assert loaded.error == "the capture names no race and no season"
    assert loaded.parsed is None


def test_a_capture_with_rows_of_another_season_is_quarantined(
    recorder: Recorder, store: RawStore
) -> None:
    def of_2023(capture: Capture) -> Parsed:
        parsed = parse(capture)
        return Parsed([replace(piece, season=2023) for piece in parsed.slices], parsed.reference)

    laps = recorder.make("laps", 1)
    recorder.put(laps, announce=False)
    assert load(store, claim_of(laps), parse).error is None
    loaded = load(store, claim_of(laps), of_2023)
    assert loaded.error == "the capture is of 2024 and has rows of 2023"
    assert loaded.contents == []


@pytest.mark.parametrize(
    "race",
    [
        Race(2024, 1, "", "2024-03-02"),
        Race(2024, 1, "bahrain", "2024-13-02"),
        Race(20240, 1, "bahrain", "2024-03-02"),
        Race(2024, 1000, "bahrain", "2024-03-02"),
    ],
    ids=["circuit", "date", "season", "round"],
)
def test_an_invalid_race_in_the_header_is_quarantined(
    recorder: Recorder, store: RawStore, race: Race
) -> None:
    made = recorder.make("laps", 1)
    laps = Capture(msgspec.structs.replace(made.header, race=race), made.pages)
    recorder.put(laps, announce=False)
    loaded = load(store, claim_of(laps), parse)
    assert loaded.error is not None
    assert loaded.error.startswith("the header's race has ")


def test_an_archive_without_rows_is_quarantined(recorder: Recorder, drain: Drain) -> None:
    recorder.put(recorder.archive())
    assert drain(parse=lambda capture: Parsed([], Reference())) == {"quarantined": 1}
