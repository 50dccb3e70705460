"""Damaged archives end in problems or a BadCapture, never in another error."""

from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from f1_core.capture import Capture
from f1_core.errors import F1Error
from f1_core.resources import RESOURCES
from f1_devkit.servers.jolpica import dump
from f1_ingest.synthetic import Dataset, cached_season
from f1_ingest.synthetic.dataset import Weekend
from f1_worker.parse import parse

Files = dict[str, str]
FUZZ = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
CELLS = st.sampled_from(
    ["", "\\N", "-1", "0", "999999", "x", '"', "1:3x.2", "é", "1,2", "9" * 5000, "2024-13-01", "\t"]
)


@pytest.fixture(scope="module")
def tiny() -> Dataset:
    """Two weekends of three laps, one of them with a sprint."""
    dataset = cached_season(2024).copy()
    sprint = next(weekend for weekend in dataset.weekends if weekend.sprint)
    dataset.weekends = [dataset.weekends[0], sprint]
    for weekend in dataset.weekends:
        shorten(weekend)
    return dataset


def shorten(weekend: Weekend) -> None:
    weekend.laps = [lap for lap in weekend.laps if lap.lap <= 3]
    weekend.pit_stops = [stop for stop in weekend.pit_stops if stop.lap <= 3]


@pytest.fixture(scope="module")
def ergast(tiny: Dataset, ergast_files: Callable[[Dataset], Files]) -> Files:
    return ergast_files(tiny)


def survives(capture: Capture) -> None:
    with suppress(F1Error):
        for piece in parse(capture).slices:
            tabs = 6 if piece.resource == "schedule" else len(RESOURCES[piece.resource].columns) - 1
            assert all(line.count("\t") == tabs for line in piece.lines)
            assert piece.lines == sorted(set(piece.lines))
            "\n".join(piece.lines).encode()


@FUZZ
@given(data=st.data())
def test_any_cell_may_be_replaced(
    data: st.DataObject, ergast: Files, folder_capture: Callable[[str, Files], Capture]
) -> None:
    files = dict(ergast)
    for _ in range(data.draw(st.integers(1, 3))):
        name = data.draw(st.sampled_from(sorted(files)))
        lines = files[name].splitlines()
        number = data.draw(st.integers(0, len(lines) - 1))
        cells = lines[number].split(",")
        cells[data.draw(st.integers(0, len(cells) - 1))] = data.draw(CELLS)
        lines[number] = ",".join(cells)
        files[name] = "\n".join(lines)
    survives(folder_capture("ergast-csv", files))


@FUZZ
@given(data=st.data())
def test_any_file_may_be_truncated_or_missing(
    data: st.DataObject, ergast: Files, folder_capture: Callable[[str, Files], Capture]
) -> None:
    files = dict(ergast)
    name = data.draw(st.sampled_from(sorted(files)))
    if data.draw(st.booleans()):
        del files[name]
    else:
        files[name] = files[name][: data.draw(st.integers(0, len(files[name])))]
    survives(folder_capture("ergast-csv", files))


@pytest.fixture(scope="module")
def zips(tiny: Dataset, ergast: Files, zipped: Callable[[Files], bytes]) -> dict[str, bytes]:
    return {"ergast-csv": zipped(ergast), "jolpica-csv": dump.make(tiny).content}


@pytest.mark.parametrize("source", ["ergast-csv", "jolpica-csv"])
@FUZZ
@given(data=st.data())
def test_any_byte_of_a_zip_may_be_damaged(
    source: str,
    data: st.DataObject,
    zips: dict[str, bytes],
    make_capture: Callable[..., Capture],
) -> None:
    content = bytearray(zips[source])
    for _ in range(data.draw(st.integers(0, 4))):
        # A byte of the directory at the end has the greatest effect.
        low = data.draw(st.sampled_from([0, len(content) - 1500]))
        place = data.draw(st.integers(low, len(content) - 1))
        content[place] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, 40))
    survives(make_capture("archive", bytes(content[: len(content) - cut]), source=source))
