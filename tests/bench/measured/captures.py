"""Captures of synthetic seasons, written to S3 in ingest's format, without a source server."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import msgspec

from f1_core.capture import Capture, Header, Page, Race
from f1_core.store.rawstore import RawStore
from f1_ingest.synthetic import Dataset, respond, season

AT = datetime(2024, 12, 31, tzinfo=UTC)


def read(dataset: Dataset, path: str) -> tuple[list[Page], int]:
    """All pages of a resource, 100 rows each, and the total that they promise."""
    pages: list[Page] = []
    offset = 0
    while True:
        _, _, body = respond(dataset, path, {"limit": "100", "offset": str(offset)})
        pages.append(Page.of(f"{path}?limit=100&offset={offset}", body, AT))
        total = int(msgspec.json.decode(body)["MRData"]["total"])
        offset += 100
        if offset >= total:
            return pages, total


def capture(dataset: Dataset, resource: str, year: int, race: Race | None, order: int) -> Capture:
    """A capture of one resource of the dataset."""
    path = f"/{year}/{race.round}/{resource}.json" if race else f"/{year}/races.json"
    pages, total = read(dataset, path)
    at = AT + timedelta(seconds=order)
    header = Header(
        source="synthetic",
        resource=resource,
        season=year,
        round=race.round if race else None,
        race=race,
        order=order,
        started_at=at,
        fetched_at=at,
        total=total,
        requests=len(pages),
        synthetic=True,
    )
    return Capture(header, pages)


def of_season(dataset: Dataset, year: int, resources: Iterable[str], order: int) -> list[Capture]:
    """A season's schedule, and resources of each of its races, in order from `order`."""
    made = [capture(dataset, "schedule", year, None, order)]
    for race in races(dataset):
        for resource in resources:
            if resource == "sprint" and not dataset.weekend(year, race.round).sprint:
                continue
            made.append(capture(dataset, resource, year, race, order + len(made)))
    return made


def races(dataset: Dataset) -> list[Race]:
    """The races in the form of captures."""
    found = (weekend.race for weekend in dataset.weekends)
    return [Race(race.season, race.round, race.circuit_id, race.date) for race in found]


def write_seasons(store: RawStore, years: Iterable[int], resources: Iterable[str]) -> int:
    """Write whole seasons to S3; returns the order after the last."""
    order = 1
    for year in years:
        for made in of_season(season(year), year, resources, order):
            store.put(made.key, made.encode())
            order += 1
    return order
