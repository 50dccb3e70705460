"""The same race gives the same lines from every source."""

from collections.abc import Callable, Iterator

import pytest

from f1_core.capture import Capture
from f1_devkit.servers.jolpica import dump
from f1_ingest.synthetic import Dataset, cached_season
from f1_worker.parse import parse
from f1_worker.parse.slices import Slice

RESOURCES = (
    "results",
    "sprint",
    "qualifying",
    "laps",
    "pitstops",
    "driverstandings",
    "constructorstandings",
)
Paged = Callable[..., Capture]
Make = Callable[[Dataset], dict[str, str]]
Folder = Callable[[str, dict[str, str]], Capture]


def some_weekends(year: int) -> Dataset:
    """A season's first weekends, up to the first with a sprint."""
    dataset = cached_season(year).copy()
    sprint = next((n for n, weekend in enumerate(dataset.weekends) if weekend.sprint), 2)
    dataset.weekends = dataset.weekends[: sprint + 1]
    return dataset


def over_http(dataset: Dataset, paged: Paged) -> Iterator[tuple[str, Slice]]:
    """All resources with rows, from the service's answers."""
    schedule = parse(paged(dataset, "schedule", None)).slices[0]
    yield f"schedule {schedule.season}", schedule
    for weekend in dataset.weekends:
        for resource in RESOURCES:
            parsed = parse(paged(dataset, resource, weekend.race.round))
            assert parsed.problems == []
            piece = parsed.slices[0]
            if piece.lines:
                yield name(piece), piece


def name(piece: Slice) -> str:
    if piece.race is None:
        return f"schedule {piece.season}"
    return f"{piece.resource} {piece.session} {piece.season}-{piece.race.round}"


@pytest.mark.parametrize("year", [2024, 2023, 2021, 2015, 1998, 1955])
def test_an_ergast_archive_gives_the_lines_of_the_service(
    year: int, paged: Paged, ergast_files: Make, folder_capture: Folder
) -> None:
    dataset = some_weekends(year)
    parsed = parse(folder_capture("ergast-csv", ergast_files(dataset)))
    archived = {name(piece): piece for piece in parsed.slices}
    served = dict(over_http(dataset, paged))
    assert parsed.problems == []
    assert archived.keys() == served.keys()
    for key, piece in served.items():
        assert archived[key].lines == piece.lines, key
        assert archived[key].content_hash == piece.content_hash
        assert archived[key].race == piece.race
        assert archived[key].drivers == piece.drivers, key
        assert archived[key].constructors == piece.constructors, key
        assert archived[key].schedule == piece.schedule


def test_the_archive_describes_drivers_and_teams_like_the_service(
    paged: Paged,
    ergast_files: Make,
    folder_capture: Folder,
    make_capture: Callable[..., Capture],
) -> None:
    dataset = some_weekends(2024)
    ergast = parse(folder_capture("ergast-csv", ergast_files(dataset))).reference
    dump = parse(dumped(dataset, make_capture)).reference
    results = parse(paged(dataset, "results")).reference
    schedule = parse(paged(dataset, "schedule", None)).reference
    assert results.drivers
    assert results.constructors
    assert ergast.drivers.items() >= results.drivers.items()
    assert ergast.constructors.items() >= results.constructors.items()
    assert ergast.circuits.items() >= schedule.circuits.items()
    assert ergast.seasons == {2024: (dataset.seasons[2024],)}
    assert dump == ergast


def dumped(dataset: Dataset, make_capture: Callable[..., Capture]) -> Capture:
    return make_capture("archive", dump.make(dataset).content, source="jolpica-csv")


def without_data_that_the_dump_lacks(dataset: Dataset) -> Dataset:
    """Without empty durations, and with fastest laps of existing laps only."""
    for weekend in dataset.weekends:
        laps = {(lap.driver_id, lap.lap) for lap in weekend.laps}
        for stop in weekend.pit_stops:
            stop.duration = stop.duration or None
        for result in weekend.results:
            if (result.driver_id, result.fastest_lap) not in laps:
                result.fastest_lap = result.fastest_rank = None
                result.fastest_time = result.fastest_speed = None
    return dataset


@pytest.mark.parametrize("year", [2024, 2023, 2021, 2015])
def test_a_dump_gives_the_lines_of_the_service(
    year: int, paged: Paged, make_capture: Callable[..., Capture]
) -> None:
    dataset = without_data_that_the_dump_lacks(some_weekends(year))
    parsed = parse(dumped(dataset, make_capture))
    archived = {name(piece): piece for piece in parsed.slices}
    served = dict(over_http(dataset, paged))
    assert parsed.problems == []
    assert archived.keys() == served.keys()
    for key, piece in served.items():
        if piece.resource != "schedule" or year >= 2021:  # the dump has more data of others
            assert archived[key].lines == piece.lines, key
        assert archived[key].race == piece.race
        assert archived[key].drivers == piece.drivers, key
        assert archived[key].constructors == piece.constructors, key
