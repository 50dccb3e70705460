"""ergast-py, unchanged except for the address, which is fixed in one of its functions."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ergast_py.constants.status_type import StatusType
from ergast_py.ergast import Ergast

from f1_ingest.synthetic import Dataset
from f1_ingest.synthetic.dataset import Weekend

CALLS = [name for name in dir(Ergast) if name.startswith("get_")]
LISTS = [name for name in CALLS if name.endswith("s") and name != "get_status"]
ONES = [name for name in CALLS if name not in LISTS]


@pytest.fixture(scope="module", autouse=True)
def uses_the_api(synthetic: Any, ergast_py_at: Any) -> Iterator[None]:
    with ergast_py_at(synthetic.url):
        yield


@pytest.fixture(scope="module")
def weekend(dataset: Dataset) -> Weekend:
    """A sprint weekend whose statuses the client supports."""
    known = StatusType().string_to_id.keys()
    sprints = (weekend for weekend in dataset.weekends if weekend.sprint)
    return next(
        weekend
        for weekend in sprints
        if {row.status for row in weekend.results + weekend.sprint} <= known
    )


@pytest.fixture
def query(weekend: Weekend) -> Callable[[], Ergast]:
    return lambda: Ergast().season(weekend.race.season).round(weekend.race.round)


def test_the_client_has_the_tested_number_of_calls() -> None:
    assert (len(LISTS), len(ONES)) == (13, 13)


@pytest.mark.parametrize("call", LISTS)
def test_every_call_for_a_list_returns_it(call: str, query: Callable[[], Ergast]) -> None:
    assert getattr(query(), call)()
    assert getattr(query().limit(1).offset(0), call)()


CHOSEN: dict[str, Callable[[Ergast, Weekend], Ergast]] = {
    "get_circuit": lambda query, weekend: query.circuit(weekend.race.circuit_id),
    "get_constructor": lambda query, weekend: query.constructor(weekend.results[0].constructor_id),
    "get_driver": lambda query, weekend: query.driver(weekend.results[0].driver_id),
    "get_status": lambda query, _: query.status("Finished"),
}
"""Calls for one item, where a round has several."""


@pytest.mark.parametrize("call", ONES)
def test_every_call_for_one_item_returns_it(
    call: str, query: Callable[[], Ergast], weekend: Weekend
) -> None:
    request = CHOSEN[call](query(), weekend) if call in CHOSEN else query()
    assert getattr(request, call)()


def test_results_are_those_of_the_source(query: Callable[[], Ergast], weekend: Weekend) -> None:
    race = query().get_result()
    assert race.circuit.circuit_id == weekend.race.circuit_id
    assert [(row.position, row.driver.driver_id, row.points) for row in race.results] == [
        (row.position, row.driver_id, row.points) for row in weekend.results
    ]
    assert race.results[0].status == StatusType().string_to_id[weekend.results[0].status]


def test_filters_can_be_chained(query: Callable[[], Ergast], weekend: Weekend) -> None:
    winner = weekend.results[0]
    chain = query().driver(winner.driver_id).constructor(winner.constructor_id).grid(winner.grid)
    chain = chain.fastest(winner.fastest_rank).circuit(weekend.race.circuit_id).result(1)
    race = chain.get_result()
    assert [row.driver.driver_id for row in race.results] == [winner.driver_id]
    laps = query().driver(winner.driver_id).lap(1).get_lap()
    assert [timing.driver_id for timing in laps.laps[0].timings] == [winner.driver_id]
    first = query().standing(1).get_driver_standing().driver_standings[0]
    assert first.driver.driver_id == weekend.driver_standings[0].driver_id
