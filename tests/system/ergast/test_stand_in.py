"""The stand-in source and our own `/ergast` were written apart, and answer alike."""

import json
from pathlib import Path
from typing import Any

import pytest

from f1_ingest.synthetic import Dataset, respond
from f1_ingest.synthetic.dataset import Weekend
from f1_local import ergast_csv

RESOURCES = (
    "seasons", "circuits", "races", "constructors", "drivers", "results", "sprint", "qualifying",
    "pitstops", "laps", "status", "driverStandings", "constructorStandings",
)  # fmt: skip


def _about(resource: str, weekend: Weekend) -> list[str]:
    year, number = weekend.race.season, weekend.race.round
    winner, last = weekend.results[0], weekend.results[-1]
    filters = (
        "",
        f"circuits/{weekend.race.circuit_id}/",
        f"constructors/{winner.constructor_id}/",
        f"drivers/{last.driver_id}/",
        f"drivers/{winner.driver_id}/constructors/{winner.constructor_id}/",
        f"drivers/{winner.driver_id}/constructors/nobody/",
        "grid/1/", "grid/0/", "results/1/", "results/2/status/1/", "results/99/",
        "fastest/1/", "fastest/0/", "status/31/", "status/999/", "laps/3/",
        f"drivers/{winner.driver_id}/grid/{winner.grid}/results/1/fastest/1/",
    )  # fmt: skip
    whens = ("", f"{year}/", f"{year}/{number}/", f"{year}/99/", "2049/")
    paths = [f"/{when}{filter_}{resource}" for when in whens for filter_ in filters]
    return paths + [f"/{when}{resource}/{n}" for when in whens for n in (1, 2, 15, 99)]


def comparable(answer: Any) -> Any:
    """Without what no capture tells: where it was asked, and a season's page."""
    data = answer.get("MRData", {})
    data.pop("url", None)
    for season in data.get("SeasonTable", {}).get("Seasons", ()):
        season.pop("url", None)
    return answer


def theirs(dataset: Dataset, path: str, query: dict[str, str]) -> tuple[int, Any]:
    status, _, body = respond(dataset, f"{path}.json", query)
    return status, comparable(json.loads(body))


@pytest.mark.parametrize("resource", RESOURCES)
@pytest.mark.parametrize("query", [{}, {"limit": "100"}, {"limit": "7", "offset": "5"}])
def test_the_same_questions_have_the_same_answers(
    synthetic: Any, dataset: Dataset, resource: str, query: dict[str, str]
) -> None:
    assert differences(synthetic, dataset, resource, query) == []


@pytest.mark.parametrize("resource", [name for name in RESOURCES if "Standings" not in name])
def test_two_real_seasons_are_told_alike_but_for_standings_which_the_archive_has_not(
    two_seasons: Any, shared_data: Path, resource: str
) -> None:
    archive = ergast_csv.load(shared_data / "ergast-csv-2021-2022")
    assert differences(two_seasons, archive, resource, {"limit": "50"}) == []


def differences(
    served: Any, dataset: Dataset, resource: str, query: dict[str, str]
) -> list[tuple[str, Any, Any]]:
    """Questions with the two answers that they have."""
    weekend = next(weekend for weekend in dataset.weekends if weekend.sprint)
    found = []
    for path in _about(resource, weekend):
        answer = served.get(path, **query)
        ours = answer.status_code, comparable(answer.json())
        expected = theirs(dataset, path, query)
        if ours != expected:
            found.append((path, ours, expected))
    return found
