"""Rows lost at page edges are found, with about one request for each edge that lost some."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from f1_ingest.calendar import ScheduledRace
from f1_ingest.errors import BadResponse
from f1_ingest.sources.jolpica import Jolpica
from f1_ingest.sources.missing_rows import Search
from f1_ingest.sources.protocol import Key, Request, Rows, Target

JOLPICA = Jolpica("https://api.example/ergast/f1")
RACE = ScheduledRace("2024-monaco", 2024, 8, "Monaco Grand Prix", "monaco", date(2024, 5, 26))
LAPS, STOPS = Target("laps", 2024, RACE), Target("pitstops", 2024, RACE)


@dataclass
class Tied:
    """Responds like a database without a total order: tied rows are in another order for each
    request. `rows` are (tie, key), sorted by tie.
    """

    rows: Sequence[tuple[int, Key]]
    seed: int
    requests: int = 0

    def answer(self, request: Request) -> Rows:
        self.requests += 1
        chance = random.Random(f"{self.seed} {request.full_url}")
        rows = sorted(self.rows, key=lambda row: (row[0], chance.random()))
        keys = [key for _, key in rows]
        if request.search and request.search.way == "lap":
            return Rows(request, tuple(key for key in keys if key[0] == request.search.where))
        if request.search and request.search.way == "driver":
            return Rows(request, tuple(key for key in keys if request.search.where in key))
        start = request.offset or 0
        return Rows(request, tuple(keys[start : start + (request.limit or 0)]), len(keys))


def read(target: Target, server: Tied) -> tuple[set[Key], int, int]:
    """All keys found, edges that lost rows, and requests beyond the pages."""
    first = server.answer(JOLPICA.first(target, 0))
    pages = [first]
    pages += [server.answer(request) for request in JOLPICA.rest(target, 0, first, b"")]
    edges = sum(bool(set(a.keys) & set(b.keys)) for a, b in pairwise(pages))
    plain = server.requests
    total = first.total or 0
    while len(found := {key for page in pages for key in page.keys}) < total:
        request = JOLPICA.search(target, pages)
        assert request is not None, "nothing is left to try"
        pages.append(server.answer(request))
    return found, edges, server.requests - plain


@given(
    seed=st.integers(0, 10**6),
    stints=st.lists(st.integers(1, 78), min_size=2, max_size=22),
)
def test_lost_laps_without_positions_are_found(seed: int, stints: list[int]) -> None:
    """Every row of a lap ties with every other; drivers stop after any number of laps."""
    rows = [
        (lap, (str(lap), f"driver{n}"))
        for lap in range(1, 79)
        for n, laps in enumerate(stints)
        if lap <= laps
    ]
    found, edges, requests = read(LAPS, Tied(rows, seed))
    assert found == {key for _, key in rows}
    assert requests <= edges


@given(seed=st.integers(0, 10**6), laps=st.lists(st.integers(1, 60), min_size=90, max_size=130))
def test_lost_pit_stops_at_the_same_time_of_day_are_found(seed: int, laps: list[int]) -> None:
    """A red flag: dozens of cars stop in the same second."""
    stops: dict[int, int] = {}
    rows = []
    for n, lap in enumerate(sorted(laps)):
        driver = n % 22
        stops[driver] = stops.get(driver, 0) + 1
        rows.append((lap, (f"driver{driver}", str(stops[driver]))))
    found, edges, requests = read(STOPS, Tied(rows, seed))
    assert found == {key for _, key in rows}
    assert requests <= max(edges, 1)


def page(offset: int, keys: Sequence[Key], total: int = 300, search: Search | None = None) -> Rows:
    return Rows(Request("", offset=offset, limit=100, search=search), tuple(keys), total)


def lap(number: int, *drivers: str) -> list[Key]:
    return [(str(number), driver) for driver in drivers]


def next_url(pages: Sequence[Rows]) -> str:
    request = JOLPICA.search(LAPS, pages)
    assert request is not None
    return request.full_url.removeprefix(f"{JOLPICA.url}/2024/8/")


def test_a_gap_in_a_drivers_laps_is_requested_by_lap() -> None:
    laps = [*lap(1, "a", "b"), *lap(2, "b"), *lap(3, "a", "b")]
    assert next_url([page(0, laps, 6)]) == "laps/2.json?limit=100&offset=0"


def test_a_repeated_row_shows_the_edge_to_request_across() -> None:
    """b's last lap is missing: only the repeated row shows it."""
    first, second = lap(1, "a", "b"), lap(2, "a")
    assert next_url([page(0, [*first, *second], 101), page(100, second, 101)]) == (
        "laps.json?limit=100&offset=50"
    )


def test_a_short_page_is_requested_across_both_edges() -> None:
    keys = [*lap(1, *(f"d{n:03}" for n in range(300)))]
    pages = [page(0, keys[:100]), page(100, keys[100:120]), page(200, keys[200:])]
    first = next_url(pages)
    assert first == "laps.json?limit=100&offset=50"
    pages.append(page(50, keys[50:150], search=Search("across", "100")))
    assert next_url(pages) == "laps.json?limit=100&offset=150"


def test_an_edge_with_a_repeated_row_comes_before_a_gap() -> None:
    """Real data lacks laps: a has no lap 1, and requesting it again finds none."""
    many = [f"d{n:02}" for n in range(99)]
    pages = [page(0, [*lap(1, *many), *lap(2, "b")], 200), page(100, lap(2, "a", "b", *many), 200)]
    assert next_url(pages) == "laps.json?limit=100&offset=50"


def test_without_repeated_rows_and_gaps_each_driver_is_requested() -> None:
    keys = [*lap(1, "a", "b"), *lap(2, "b")]
    url = next_url([page(0, keys, 4)])
    assert url == "drivers/a/laps.json?limit=100&offset=0", "the first driver to stop is first"


def envelope(**changed: str) -> bytes:
    race: dict[str, Any] = {
        "season": "2024",
        "round": "8",
        "Laps": [{"number": "1", "Timings": [{"driverId": "a"}]}],
    }
    head = {"limit": "100", "offset": "0", "total": "7", **changed}
    table = {"season": head.pop("season", "2024"), "round": head.pop("round", "8")}
    name = head.pop("table", "RaceTable")
    if head.pop("rows", "Laps") != "Laps":
        race["PitStops"], race["Laps"] = [], None
    return msgspec.json.encode({"MRData": {**head, name: {**table, "Races": [race]}}})


def test_the_response_to_the_request_is_accepted() -> None:
    assert JOLPICA.rows(LAPS, JOLPICA.first(LAPS, 0), envelope()).total == 7


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"<html>", "not a response of this protocol"),
        (envelope()[:-20], "not a response of this protocol"),
        (b"{}", "not a response of this protocol"),
        (envelope(total="many"), "has 'many' instead of a number"),
        (envelope(offset="100"), "has offset 100, limit 100, not 0, 100"),
        (envelope(limit="30"), "has offset 0, limit 30, not 0, 100"),
        (envelope(season="2023"), "has season 2023, not 2024"),
        (envelope(round="7"), "has round 7, not 8"),
        (
            envelope().replace(b'"round":"8","Laps"', b'"round":"7","Laps"'),
            "has round 7, not 8",
        ),
        (envelope(table="StandingsTable"), "missing required field `RaceTable`"),
        (envelope(rows="PitStops"), "Expected `array`, got `null`"),
    ],
)
def test_a_response_to_another_request_is_refused(content: bytes, why: str) -> None:
    with pytest.raises(BadResponse, match=why):
        JOLPICA.rows(LAPS, JOLPICA.first(LAPS, 0), content)


def test_another_lap_than_the_requested_one_is_refused() -> None:
    known = [*lap(1, "a", "b"), *lap(2, "b"), *lap(3, "a", "b")]
    request = JOLPICA.search(LAPS, [page(0, known, 6)])
    assert request is not None
    with pytest.raises(BadResponse, match="has other laps than 2"):
        JOLPICA.rows(LAPS, request, envelope())
    second = envelope().replace(b'"number":"1"', b'"number":"2"')
    assert JOLPICA.rows(LAPS, request, second).keys == (("2", "a"),)
