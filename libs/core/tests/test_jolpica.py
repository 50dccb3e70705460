"""Jolpica's URLs and pages, as ingest and the worker read them."""

import doctest
import json
from typing import Any

import msgspec
import pytest

from f1_core import jolpica


def test_examples_in_docstrings_are_true() -> None:
    assert doctest.testmod(jolpica).failed == 0


def test_paths_of_one_lap_or_one_driver() -> None:
    assert jolpica.path("pitstops", 2024, 5, lap="12") == "2024/5/laps/12/pitstops.json"
    assert jolpica.path("laps", 2024, 5, driver="alonso") == "2024/5/drivers/alonso/laps.json"
    assert jolpica.path("driverstandings", 2024) == "2024/driverstandings.json"
    assert jolpica.paging(100, 200) == {"limit": "100", "offset": "200"}


RACE: dict[str, Any] = {
    "season": "2024",
    "round": "5",
    "date": "2024-04-21",
    "Circuit": {"circuitId": "shanghai"},
}
DRIVER = {"driverId": "max_verstappen", "permanentNumber": "33"}
CONSTRUCTOR = {"constructorId": "red_bull"}
LIST: dict[str, Any] = {"season": "2024", "round": "5"}
OF_RACES: dict[str, dict[str, Any]] = {
    "laps": {"Laps": [{"number": "1", "Timings": [{"driverId": "max_verstappen"}]}]},
    "pitstops": {"PitStops": [{"driverId": "max_verstappen", "stop": "1"}]},
    "results": {"Results": [{"Driver": DRIVER, "Constructor": CONSTRUCTOR}]},
    "sprint": {"SprintResults": [{"Driver": DRIVER, "Constructor": CONSTRUCTOR}]},
    "qualifying": {"QualifyingResults": [{"Driver": DRIVER, "Constructor": CONSTRUCTOR}]},
}
OF_STANDINGS: dict[str, dict[str, Any]] = {
    "driverstandings": {"DriverStandings": [{"Driver": DRIVER, "Constructors": [CONSTRUCTOR]}]},
    "constructorstandings": {"ConstructorStandings": [{"Constructor": CONSTRUCTOR}]},
}
PAGES: dict[str, dict[str, Any]] = {
    **{name: {"RaceTable": {"Races": [RACE | rows]}} for name, rows in OF_RACES.items()},
    **{
        name: {"StandingsTable": {"StandingsLists": [LIST | rows]}}
        for name, rows in OF_STANDINGS.items()
    },
}


def test_each_resource_has_a_page_here() -> None:
    assert {*PAGES, "schedule"} == jolpica.ROWS.keys() == jolpica.KEYS.keys()


@pytest.mark.parametrize("resource", PAGES)
def test_a_page_is_read_whole_and_by_its_keys(resource: str) -> None:
    page = json.dumps({"MRData": {"total": "1", "limit": "100"} | PAGES[resource]}).encode()
    for decoders in (jolpica.ROWS, jolpica.KEYS):
        data = decoders[resource].decode(page).data
        assert (data.total, data.limit, data.offset) == ("1", "100", "")
        [entry] = data.table.entries
        assert (entry.season, entry.round, len(entry.rows)) == ("2024", "5", 1)


@pytest.mark.parametrize("resource", PAGES)
def test_a_page_of_another_resource_is_refused(resource: str) -> None:
    page = json.dumps({"MRData": {"RaceTable": {"Races": [RACE]}}}).encode()
    for decoders in (jolpica.ROWS, jolpica.KEYS):
        with pytest.raises(msgspec.ValidationError):
            decoders[resource].decode(page)


def test_a_value_of_an_unexpected_type_is_captured_and_not_written() -> None:
    rows = {"Results": [{"Driver": DRIVER, "Constructor": CONSTRUCTOR, "points": 25}]}
    page = json.dumps({"MRData": {"RaceTable": {"Races": [RACE | rows]}}}).encode()
    assert jolpica.KEYS["results"].decode(page).data.table.entries
    with pytest.raises(msgspec.ValidationError, match="points"):
        jolpica.ROWS["results"].decode(page)
