"""Compares `/ergast` with the stand-in source: two implementations that must give equal answers."""

from collections.abc import Iterable
from contextlib import closing
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode, urlsplit

import msgspec
from served import Served

from f1_ingest.synthetic import Dataset, respond
from f1_ingest.synthetic.dataset import Weekend

RESOURCES = (
    "seasons", "circuits", "races", "constructors", "drivers", "results", "sprint", "qualifying",
    "pitstops", "laps", "status", "driverStandings", "constructorStandings",
)  # fmt: skip


def paths_about(resource: str, weekend: Weekend) -> list[str]:
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
    """The answer without values that no capture has: the requested address, and a season's page."""
    data = answer.get("MRData", {})
    data.pop("url", None)
    for season in data.get("SeasonTable", {}).get("Seasons", ()):
        season.pop("url", None)
    return answer


def _expected(dataset: Dataset, path: str, query: dict[str, str]) -> tuple[int, Any]:
    status, _, body = respond(dataset, f"{path}.json", query)
    return status, comparable(msgspec.json.decode(body))


def differences(
    served: Served,
    dataset: Dataset,
    resource: str,
    weekends: Iterable[Weekend],
    query: dict[str, str],
) -> list[tuple[str, Any, Any]]:
    """Paths about weekends whose two responses differ, with the responses.

    Each of thousands of paths is compared once, although several weekends have it, and requested
    by `http.client`, which needs a fifth of the processor time of httpx.
    """
    server = urlsplit(served.url)
    connection = HTTPConnection(server.netloc, timeout=30)
    paths = dict.fromkeys(path for one in weekends for path in paths_about(resource, one))
    found = []
    with closing(connection):
        for path in paths:
            connection.request("GET", f"{server.path}{path}?{urlencode(query)}")
            answer = connection.getresponse()
            answered = answer.status, comparable(msgspec.json.decode(answer.read()))
            expected = _expected(dataset, path, query)
            if answered != expected:
                found.append((path, answered, expected))
    return found
