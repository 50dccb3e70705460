"""Lost rows of an archive are reported: every slice with fewer rows is invalid, or noted by name.

Exceptions, which no archive shows: some of the stops of a race; and in a dump, single times of
qualifying and fastest laps of a sprint, which some drivers do not have.
"""

import io
import zipfile
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from f1_core.capture import Capture
from f1_core.errors import BadCapture
from f1_devkit.servers.jolpica import dump
from f1_ingest.synthetic import Dataset, cached_season
from f1_worker.parse import parse
from f1_worker.parse.slices import Parsed, Slice

Files = dict[str, str]
Key = tuple[str, str, object]
FUZZ = settings(
    max_examples=60,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
UNKNOWABLE = {
    "pit_stops.csv": ("pitstops",),
    "formula_one_pitstop.csv": ("pitstops",),
    "formula_one_lap.csv": ("qualifying", "sprint"),
    "formula_one_sessionentry.csv": ("qualifying",),
}


@pytest.fixture(scope="module")
def weekends() -> Dataset:
    """Three weekends of a few laps, one of them with a sprint."""
    dataset = cached_season(2024).copy()
    sprint = next(n for n, weekend in enumerate(dataset.weekends) if weekend.sprint)
    dataset.weekends = dataset.weekends[sprint - 1 : sprint + 2]
    for weekend in dataset.weekends:
        weekend.laps = [lap for lap in weekend.laps if lap.lap <= 9]
        for stop in weekend.pit_stops:
            stop.lap = 1 + stop.lap % 9
        for result in weekend.results:
            result.laps = sum(lap.driver_id == result.driver_id for lap in weekend.laps)
            result.fastest_lap = result.fastest_rank = None
            result.fastest_time = result.fastest_speed = None
    return dataset


@pytest.fixture(scope="module")
def archives(weekends: Dataset, ergast_files: Callable[[Dataset], Files]) -> dict[str, Files]:
    with zipfile.ZipFile(io.BytesIO(dump.make(weekends).content)) as packed:
        tables = {name: packed.read(name).decode() for name in packed.namelist()}
    return {"ergast-csv": ergast_files(weekends), "jolpica-csv": tables}


def by_key(parsed: Parsed) -> dict[Key, Slice]:
    return {(piece.resource, piece.session, piece.race): piece for piece in parsed.slices}


KINDS = ("missing", "empty", "header", "cut", "line", "block", "twice", "cells")


def damaged(files: Files, name: str, kind: str, share: float) -> Files:
    """The files with one of them damaged at a relative position."""
    content = files[name]
    lines = content.splitlines(keepends=True)
    number = 1 + int(share * (len(lines) - 1))
    cells = lines[number - 1].split(",")
    # Published archives have contradictions of a few rows: remove a block.
    block = lines[:number] + lines[number + len(lines) // 3 :]
    changed = {
        "missing": None,
        "empty": "",
        "header": lines[0],
        "cut": content[: int(share * len(content))],
        "line": "".join(lines[:number]),
        "block": "".join(block),
        "twice": "".join([*lines, *lines[1:number]]),
        "cells": "".join([*lines[: number - 1], ",".join(cells[:-3]) + '"\n', *lines[number:]]),
    }[kind]
    kept = {other: text for other, text in files.items() if other != name}
    return kept if changed is None else {**kept, name: changed}


def is_reported(key: Key, parsed: Parsed) -> bool:
    """Whether the parser reports a changed slice."""
    resource = key[0]
    found = by_key(parsed).get(key)
    if found is not None and (found.problem or found.remark):
        return True
    if found is None:  # the race may have lost its name, its season or its circuit
        return bool(parsed.notes) or any(piece.problem for piece in parsed.slices)
    return resource == "schedule" and bool(parsed.notes or any(p.problem for p in parsed.slices))


@pytest.mark.parametrize("source", ["ergast-csv", "jolpica-csv"])
def test_a_complete_archive_has_no_reports(
    source: str,
    archives: dict[str, Files],
    folder_capture: Callable[[str, Files], Capture],
) -> None:
    parsed = parse(folder_capture(source, archives[source]))
    assert [
        piece.problem or piece.remark for piece in parsed.slices if piece.problem or piece.remark
    ] == []
    assert [note for note in parsed.notes if "standings" not in note] == []


class Cases:
    """An archive of each source: its files and slices."""

    def __init__(
        self, archives: dict[str, Files], capture: Callable[[str, Files], Capture]
    ) -> None:
        self.files = archives
        self.capture = capture
        self.whole = {
            source: by_key(parse(capture(source, files))) for source, files in archives.items()
        }


@pytest.fixture(scope="module")
def cases(archives: dict[str, Files], folder_capture: Callable[[str, Files], Capture]) -> Cases:
    return Cases(archives, folder_capture)


@pytest.mark.parametrize("source", ["ergast-csv", "jolpica-csv"])
@FUZZ
@given(
    file=st.integers(0, 99),
    kind=st.sampled_from(KINDS),
    share=st.integers(0, 999).map(lambda n: n / 1000),
)
def test_rows_are_never_lost_without_a_report(
    *, source: str, file: int, kind: str, share: float, cases: Cases
) -> None:
    files = cases.files[source]
    name = sorted(files)[file % len(files)]
    try:
        parsed = parse(cases.capture(source, damaged(files, name, kind, share)))
    except BadCapture:
        return  # all of it is quarantined, with a reason
    found = by_key(parsed)
    for key, piece in cases.whole[source].items():
        now = found.get(key)
        if now is not None and now.lines == piece.lines:
            continue
        if piece.resource in UNKNOWABLE.get(name, ()) and now is not None:
            continue
        assert is_reported(key, parsed), (name, kind, share, key)
