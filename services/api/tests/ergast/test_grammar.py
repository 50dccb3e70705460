"""Paths and refusals, with the texts of Jolpica-F1."""

import pytest

from f1_api.ergast.grammar import FILTERS, RESOURCES, Refused, Request, parse

MISSING = "Bad Request: Missing one of the required parameters"
NO_LAST = "Bad Request: Endpoint does not support final filter."
UNSUPPORTED = "Bad Request: Unsupported filter for endpoint."


@pytest.mark.parametrize(
    ("path", "question"),
    [
        ("", Request("races")),
        ("2023", Request("races", "2023")),
        ("2023.json", Request("races", "2023")),
        ("2023/5", Request("races", "2023", "5")),
        ("current/next.json", Request("races", "current", "next")),
        ("current/last/results", Request("results", "current", "last")),
        ("2023/results/1.json", Request("results", "2023", None, {"position": "1"})),
        ("2023/1/laps/7", Request("laps", "2023", "1", {"lap": "7"})),
        ("2023/1/laps/7/pitstops", Request("pitstops", "2023", "1", {"lap": "7"})),
        ("2023/1/pitstops/2", Request("pitstops", "2023", "1", {"stop": "2"})),
        ("2023/driverstandings", Request("driverStandings", "2023")),
        (
            "2023/driverStandings/2",
            Request("driverStandings", "2023", None, {"driverStandings": "2"}),
        ),
        (
            "drivers/ada/constructors/north/status/11/circuits/monaco/grid/3/seasons.json",
            Request(
                "seasons",
                criteria={
                    "circuitId": "monaco",
                    "constructorId": "north",
                    "driverId": "ada",
                    "grid": "3",
                    "status": "11",
                },
            ),
        ),
        # The last of two equal filters counts.
        ("drivers/ada/drivers/bruno/results", Request("results", criteria={"driverId": "bruno"})),
        ("drivers/ada/drivers/bruno", Request("drivers", criteria={"driverId": "bruno"})),
        ("circuits/no%20such", Request("circuits", criteria={"circuitId": "no%20such"})),
    ],
)
def test_paths_are_parsed(path: str, question: Request) -> None:
    assert parse(path) == question


@pytest.mark.parametrize(
    ("path", "status", "detail"),
    [
        ("laps.json", 400, f"{MISSING} ['season_year', 'race_round']."),
        ("2023/laps", 400, f"{MISSING} ['season_year', 'race_round']."),
        ("2023/pitstops.json", 400, f"{MISSING} ['season_year', 'race_round']."),
        ("driverStandings", 400, f"{MISSING} ['season_year']."),
        ("constructorstandings/1.json", 400, f"{MISSING} ['season_year']."),
        ("2023/races/1.json", 400, NO_LAST),
        ("seasons/2010.json", 400, NO_LAST),
        ("2023/11/laps/1/races.json", 400, UNSUPPORTED),
        ("2023/11/laps/1/drivers.json", 400, UNSUPPORTED),
        ("2023/11/drivers/ada/constructorstandings.json", 400, UNSUPPORTED),
        ("2023/11/constructors/north/driverstandings.json", 400, UNSUPPORTED),
        ("2023/grid/1/driverStandings", 400, UNSUPPORTED),
        ("laps/1/laps.json", 400, f"{MISSING} ['season_year', 'race_round']."),
        # An unknown word is parsed as the last value of the races.
        ("nonsense.json", 400, NO_LAST),
        ("last.json", 400, NO_LAST),
        ("2023/100.json", 400, NO_LAST),
        ("DRIVERS", 400, NO_LAST),
        ("2023/results/fish.json", 404, "Not found."),
        ("2023/grid/fish/results/1.json", 404, "Not found."),
        ("2023/1/laps/one", 404, "Not found."),
        ("grid/1", 404, "Not found."),
        ("2023/pitstops/1/results", 404, "Not found."),
        ("2023/drivers/ada/else/results", 404, "Not found."),
        ("drivers/a b/results", 404, "Not found."),
        ("circuits/a.b", 404, "Not found."),
        ("results.xml", 404, "Not found."),
        ("drivers/\x00", 404, "Not found."),
    ],
)
def test_paths_are_refused(path: str, status: int, detail: str) -> None:
    with pytest.raises(Refused) as refused:
        parse(path)
    assert (refused.value.status, refused.value.detail) == (status, detail)


@pytest.mark.parametrize("resource", sorted(RESOURCES))
@pytest.mark.parametrize("word", sorted(FILTERS))
def test_every_filter_is_supported_or_refused(resource: str, word: str) -> None:
    path = f"2023/1/{word}/1/{resource}"
    if FILTERS[word] in RESOURCES[resource].filters:
        assert parse(path).criteria == {FILTERS[word]: "1"}
    else:
        with pytest.raises(Refused, match=UNSUPPORTED):
            parse(path)


def test_the_table_repeats_the_request_except_a_lap_and_a_place() -> None:
    assert parse("2023/1/drivers/ada/laps/7").shown == {
        "season": "2023",
        "round": "1",
        "driverId": "ada",
    }
    assert parse("2023/1/qualifying/1").shown == {"season": "2023", "round": "1"}
    assert parse("2023/sprint/1").shown == {"season": "2023"}
    assert parse("2023/1/pitstops/2").shown == {"season": "2023", "round": "1", "stop": "2"}
    assert parse("results/1").shown == {"position": "1"}
