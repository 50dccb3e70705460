"""Rows are the same for any distribution over pages."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from f1_core.capture import Capture
from f1_core.durations import format_duration
from f1_ingest.synthetic import Dataset, respond
from f1_worker.parse import parse
from f1_worker.parse.slices import Slice

DRIVERS = ("alonso", "de_vries", "hamilton", "max_verstappen", "zhou")
ROWS_OF = {
    "pitstops": "PitStops",
    "results": "Results",
    "qualifying": "QualifyingResults",
    "sprint": "SprintResults",
}
Timing = tuple[int, str, int | None, int | None]

positions = st.none() | st.integers(1, 20)
times = st.none() | st.integers(1, 86_399_999)
timings = st.dictionaries(
    st.tuples(st.integers(1, 200), st.sampled_from(DRIVERS)),
    st.tuples(positions, times),
    min_size=1,
    max_size=40,
).map(lambda rows: [(*key, *values) for key, values in rows.items()])


@st.composite
def spread(draw: st.DrawFn, rows: Sequence[Any]) -> list[list[Any]]:
    """Pages that have every row at least once: split anywhere, shifted, repeated, in any order."""
    pages = [
        list(rows[low : low + size])
        for size in [draw(st.integers(1, 12))]
        for low in range(0, len(rows), size)
    ]
    for _ in range(draw(st.integers(0, 4))):
        low = draw(st.integers(0, len(rows) - 1))
        pages.append(list(rows[low : low + draw(st.integers(0, 12))]))
    pages = draw(st.permutations(pages))
    return [draw(st.permutations(page)) for page in pages]


def columns(row: Timing) -> str:
    lap, driver, position, time = row
    cells = ("\\N" if cell is None else str(cell) for cell in (position, time))
    return "\t".join((driver, str(lap), *cells))


@settings(max_examples=80, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(data=st.data(), rows=timings)
def test_laps_from_any_pages_are_the_same(
    data: st.DataObject,
    rows: list[Timing],
    make_capture: Callable[..., Capture],
    race_page: Callable[..., dict[str, Any]],
    laps: Callable[..., list[dict[str, Any]]],
) -> None:
    pages = [
        race_page(
            len(rows),
            Laps=laps(
                (
                    str(lap),
                    driver,
                    None if position is None else str(position),
                    None if time is None else format_duration(time),
                )
                for lap, driver, position, time in page
            ),
        )
        for page in data.draw(spread(rows))
    ]
    parsed = parse(make_capture("laps", *pages, season=2024, round=8, total=len(rows)))
    assert parsed.problems == []
    assert parsed.slices[0].lines == sorted(map(columns, rows))


@settings(max_examples=60, deadline=None)
@given(data=st.data(), rows=timings)
def test_a_lost_row_is_always_detected(
    data: st.DataObject,
    rows: list[Timing],
    make_capture: Callable[..., Capture],
    race_page: Callable[..., dict[str, Any]],
    laps: Callable[..., list[dict[str, Any]]],
) -> None:
    lost = data.draw(st.sampled_from(rows))
    kept = [
        (str(lap), driver, position and str(position), time and format_duration(time))
        for lap, driver, position, time in rows
        if (lap, driver) != lost[:2]
    ]
    page = race_page(len(rows), Laps=laps(kept + kept[:3]))
    (problem,) = parse(make_capture("laps", page, season=2024, round=8, total=len(rows))).problems
    assert problem.startswith(f"1 of {len(rows)} rows is missing")


@pytest.fixture(scope="module")
def whole(season: Dataset, paged: Callable[..., Capture]) -> dict[str, Slice]:
    return {
        resource: parse(paged(season, resource, _round(season, resource))).slices[0]
        for resource in ROWS_OF
    }


@pytest.mark.parametrize("resource", ROWS_OF)
@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(data=st.data())
def test_other_rows_from_any_pages_are_the_same(
    resource: str,
    data: st.DataObject,
    season: Dataset,
    whole: dict[str, Slice],
    make_capture: Callable[..., Capture],
) -> None:
    number = _round(season, resource)
    _, _, body = respond(season, f"/2024/{number}/{resource}.json", {"limit": "100"})
    answer = msgspec.json.decode(body)
    (race,) = answer["MRData"]["RaceTable"]["Races"]
    rows = race[ROWS_OF[resource]]
    pages = []
    for page in data.draw(spread(rows)):
        table = {"Races": [{**race, ROWS_OF[resource]: page}]}
        pages.append({"MRData": {"total": str(len(rows)), "RaceTable": table}})
    parsed = parse(make_capture(resource, *pages, season=2024, round=number, total=len(rows)))
    assert parsed.problems == []
    assert parsed.slices[0].lines == whole[resource].lines
    assert parsed.slices[0].content_hash == whole[resource].content_hash


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_a_schedule_from_any_pages_is_the_same(
    data: st.DataObject,
    season: Dataset,
    paged: Callable[..., Capture],
    make_capture: Callable[..., Capture],
) -> None:
    expected = parse(paged(season, "schedule", None)).slices[0]
    _, _, body = respond(season, "/2024/races.json", {"limit": "100"})
    races = msgspec.json.decode(body)["MRData"]["RaceTable"]["Races"]
    pages = [
        {"MRData": {"total": str(len(races)), "RaceTable": {"Races": page}}}
        for page in data.draw(spread(races))
    ]
    parsed = parse(make_capture("schedule", *pages, season=2024, total=len(races)))
    assert parsed.problems == []
    assert parsed.slices[0].schedule == expected.schedule
    assert parsed.slices[0].lines == expected.lines


@pytest.mark.parametrize("limit", [7, 30, 100])
def test_pages_of_any_size_give_the_same_race(
    limit: int, season: Dataset, paged: Callable[..., Capture]
) -> None:
    weekend = season.weekends[0]
    parsed = parse(paged(season, "laps", limit=limit))
    assert parsed.problems == []
    assert parsed.slices[0].lines == sorted(
        columns((lap.lap, lap.driver_id, lap.position, lap.millis)) for lap in weekend.laps
    )


def _round(season: Dataset, resource: str) -> int:
    if resource != "sprint":
        return 1
    return next(weekend.race.round for weekend in season.weekends if weekend.sprint)
