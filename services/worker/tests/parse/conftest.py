"""Captures of synthetic seasons, as ingest writes them."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

import msgspec
import pytest

from f1_core.capture import Capture, Header, Page, Race
from f1_ingest.synthetic import Dataset, cached_season, respond

FETCHED = datetime(2024, 5, 27, 12, tzinfo=UTC)
PATHS = {"schedule": "/{season}/races", "driverstandings": "/{season}/{round}/driverStandings"}


class MakeCapture(Protocol):
    """Makes a capture of pages, given as bytes or as JSON values."""

    def __call__(self, resource: str, *pages: object, **header: Any) -> Capture: ...


class Paged(Protocol):
    """Makes a capture of a resource of one round, page by page."""

    def __call__(
        self,
        dataset: Dataset,
        resource: str,
        number: int | None = 1,
        *,
        limit: int = 100,
        season: int | None = None,
    ) -> Capture: ...


@pytest.fixture(scope="session")
def make_capture() -> MakeCapture:
    return _capture


def _capture(resource: str, *pages: object, **header: Any) -> Capture:
    source = header.pop("source", "jolpica")
    urls = header.pop("urls", None) or [f"https://api.test/{resource}.json"] * len(pages)
    names = header.pop("names", None) or [None] * len(pages)
    return Capture(
        Header(
            source=source,
            resource=resource,
            order=1,
            started_at=FETCHED,
            fetched_at=FETCHED,
            **header,
        ),
        [
            Page.of(url, _content(page), FETCHED, name)
            for url, page, name in zip(urls, pages, names, strict=True)
        ],
    )


def _content(page: object) -> bytes:
    if isinstance(page, bytes):
        return page
    return page.encode() if isinstance(page, str) else msgspec.json.encode(page)


@pytest.fixture(scope="session")
def paged() -> Paged:
    def paged(
        dataset: Dataset,
        resource: str,
        number: int | None = 1,
        *,
        limit: int = 100,
        season: int | None = None,
    ) -> Capture:
        season = season or next(iter(dataset.seasons))
        path = PATHS.get(resource, f"/{{season}}/{{round}}/{resource}")
        path = path.format(season=season, round=number) + ".json"
        pages: list[bytes] = []
        urls: list[str] = []
        total = 1
        while len(pages) * limit < total or not pages:
            query = {"limit": str(limit), "offset": str(len(pages) * limit)}
            status, _, body = respond(dataset, path, query)
            assert status == 200
            total = int(msgspec.json.decode(body)["MRData"]["total"])
            pages.append(body)
            urls.append(f"https://api.test{path}?limit={limit}&offset={query['offset']}")
        weekend = dataset.weekend(season, number) if number is not None else None
        race = weekend and Race(
            season=season,
            round=weekend.race.round,
            circuit_id=weekend.race.circuit_id,
            date=weekend.race.date,
        )
        return _capture(
            resource,
            *pages,
            urls=urls,
            season=season,
            round=None if resource == "schedule" else number,
            race=None if resource == "schedule" else race,
            total=total,
        )

    return paged


@pytest.fixture(scope="session")
def season() -> Dataset:
    """A synthetic season 2024."""
    return cached_season(2024)


MakeRace = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def race_page() -> MakeRace:
    """Makes a page about one race: `race_page(Laps=[...], total=3)`."""

    def page(total: int | None = None, **content: Any) -> dict[str, Any]:
        race: dict[str, Any] = {
            "season": "2024",
            "round": "8",
            "raceName": "Monaco Grand Prix",
            "Circuit": {"circuitId": "monaco"},
            "date": "2024-05-26",
        }
        if total is None:
            rows: Sequence[Any] = next(iter(content.values()), [])
            total = sum(len(lap["Timings"]) for lap in rows) if "Laps" in content else len(rows)
        return {
            "MRData": {
                "total": str(total),
                "RaceTable": {"Races": [{**race, **content}]},
            }
        }

    return page


def laps_of(timings: Iterable[tuple[str, str, str | None, str | None]]) -> list[dict[str, Any]]:
    """Laps in the format of a page, from (lap, driver, position, time)."""
    laps: dict[str, list[dict[str, str]]] = {}
    for lap, driver, position, time in timings:
        row = {"driverId": driver, "position": position, "time": time}
        laps.setdefault(lap, []).append({key: v for key, v in row.items() if v is not None})
    return [{"number": number, "Timings": rows} for number, rows in laps.items()]


@pytest.fixture(scope="session")
def laps() -> Callable[..., list[dict[str, Any]]]:
    return laps_of
