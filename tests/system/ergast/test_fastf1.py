"""FastF1's client, unchanged except for the address."""

import inspect
from collections.abc import Iterator
from typing import Any

import fastf1
import pytest
from fastf1.ergast import Ergast, interface
from fastf1.exceptions import ErgastInvalidRequestError

from f1_ingest.synthetic import Dataset
from f1_ingest.synthetic.dataset import Weekend

CALLS = [name for name in dir(Ergast) if name.startswith("get_")]


@pytest.fixture(scope="module", autouse=True)
def uses_the_api(synthetic: Any, fastf1_at: Any) -> Iterator[None]:
    with fastf1_at(synthetic.url):
        yield


@pytest.fixture(scope="module")
def weekend(dataset: Dataset) -> Weekend:
    return next(weekend for weekend in dataset.weekends if weekend.sprint)


@pytest.fixture(scope="module")
def arguments(weekend: Weekend) -> dict[str, Any]:
    """A value for each filter of a call, with results."""
    winner = weekend.results[0]
    return {
        "season": weekend.race.season,
        "round": weekend.race.round,
        "circuit": weekend.race.circuit_id,
        "driver": winner.driver_id,
        "constructor": winner.constructor_id,
        "grid_position": winner.grid,
        "results_position": 1,
        "fastest_rank": winner.fastest_rank,
        "status": 1,
        "lap_number": 1,
        "stop_number": 1,
        "standings_position": 1,
    }


def chosen(call: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments that a call accepts."""
    return {
        name: arguments[name]
        for name in inspect.signature(getattr(Ergast, call)).parameters
        if name in arguments
    }


def least(call: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Season and round, if a call accepts them."""
    given = chosen(call, arguments)
    return {name: given[name] for name in ("season", "round") if name in given}


def test_all_thirteen_are_called() -> None:
    assert len(CALLS) == 13


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("result_type", ["raw", "pandas"])
@pytest.mark.parametrize("auto_cast", [True, False])
def test_every_call_accepts_season_and_round(
    call: str, result_type: str, auto_cast: bool, arguments: dict[str, Any]
) -> None:
    client = Ergast(result_type=result_type, auto_cast=auto_cast)
    answer = getattr(client, call)(**least(call, arguments))
    assert answer.total_results > 0
    assert len(rows(answer)) == min(answer.total_results, 30)


SINGLE = {
    "circuit", "driver", "constructor", "grid_position", "results_position", "fastest_rank",
    "status", "lap_number", "stop_number", "standings_position",
}  # fmt: skip


MAYBE_NONE = {
    ("get_sprint_results", "grid_position"),  # of the race's winner, not the sprint's
    *(("get_pit_stops", name) for name in SINGLE),  # not every driver stops, and none on lap 1
}


@pytest.mark.parametrize("call", CALLS)
def test_every_call_accepts_each_of_its_arguments(call: str, arguments: dict[str, Any]) -> None:
    given, base = chosen(call, arguments), least(call, arguments)
    assert given.keys() & SINGLE
    for name in given.keys() & SINGLE:
        if (call, name) == ("get_sprint_results", "fastest_rank"):
            continue  # only of races: the service has no such filter for sprints
        answer = getattr(Ergast(), call)(**base, **{name: given[name]})
        assert isinstance(answer.total_results, int), name
        if (call, name) not in MAYBE_NONE:
            assert answer.total_results > 0, name


@pytest.mark.parametrize("call", CALLS)
def test_all_pages_together_have_all_rows(call: str, arguments: dict[str, Any]) -> None:
    client = Ergast(result_type="raw", limit=7)
    pages = [getattr(client, call)(**least(call, arguments))]
    while not pages[-1].is_complete:
        try:
            pages.append(pages[-1].get_next_result_page())
        except ValueError:
            break  # raised after the last page
    found = [row for page in pages for row in rows(page)]
    assert len(found) == pages[0].total_results
    assert len({str(row) for row in found}) == len(found)
    assert len(pages) == -(-len(found) // 7)
    if len(pages) > 1:
        assert rows(pages[1].get_prev_result_page()) == rows(pages[0])


def rows(answer: Any) -> list[Any]:
    """The number of rows as the service counts them, for any type of answer."""
    if isinstance(answer, interface.ErgastMultiResponse):
        return [row for frame in answer.content for row in frame.to_dict("records")]
    if isinstance(answer, interface.ErgastSimpleResponse):
        return answer.to_dict("records")  # type: ignore[no-any-return]
    found: list[Any] = []
    for item in answer:
        inner = next((value for key, value in item.items() if key in NESTED), None)
        if inner is None:
            found.append(item)
        elif "Laps" in item:
            found += [(lap["number"], timing) for lap in inner for timing in lap["Timings"]]
        else:
            found += inner
    return found


NESTED = (
    "Results", "SprintResults", "QualifyingResults", "Laps", "PitStops", "DriverStandings",
    "ConstructorStandings",
)  # fmt: skip


def test_a_races_results_are_those_of_the_source(weekend: Weekend) -> None:
    client = Ergast()
    answer = client.get_race_results(season=weekend.race.season, round=weekend.race.round)
    (frame,) = answer.content
    assert list(frame["driverId"]) == [row.driver_id for row in weekend.results]
    assert list(frame["points"]) == [row.points for row in weekend.results]
    assert answer.description["raceName"][0] == weekend.race.name
    winner = frame["totalRaceTime"].dt.total_seconds()[0] * 1000
    assert round(winner) == weekend.results[0].race_millis


def test_laps_are_those_of_the_source(weekend: Weekend) -> None:
    client = Ergast(limit=100)
    answer = client.get_lap_times(season=weekend.race.season, round=weekend.race.round)
    (frame,) = answer.content
    milliseconds = [round(time.total_seconds() * 1000) for time in frame["time"]]
    expected = weekend.laps[:100]
    assert list(frame["driverId"]) == [lap.driver_id for lap in expected]
    assert milliseconds == [lap.millis for lap in expected]


def test_an_invalid_request_raises_the_clients_error() -> None:
    with pytest.raises(ErgastInvalidRequestError):
        Ergast().get_driver_standings(season=2022, round=1, driver="not an id/at all")


def test_fastf1_reads_the_schedule(weekend: Weekend, dataset: Dataset) -> None:
    year = weekend.race.season
    schedule = fastf1.get_event_schedule(year, backend="ergast", include_testing=False)
    assert list(schedule["EventName"]) == [each.race.name for each in dataset.season(year)]
    event = fastf1.get_event(year, weekend.race.round, backend="ergast")
    assert event["EventFormat"].startswith("sprint")
