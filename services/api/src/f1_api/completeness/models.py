"""What an answer is made of: captured and missing resources, the data's licence."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct


class License(Struct, frozen=True):
    """The licence of the data; the program has its own."""

    name: str
    url: str | None
    attribution: str


class Licensed(Struct, frozen=True, kw_only=True):
    """The end of every answer: the licence, and whether a generator made the data."""

    license: License | None
    synthetic: bool | None


class CapturedResource(Struct, frozen=True):
    """A resource that is in the database, and the capture its rows are made of."""

    resource: Annotated[str, Meta(description="schedule, laps, pitstops, results, ...")]
    session: Annotated[str, Meta(description="race, sprint or qualifying")]
    rows: Annotated[int, Meta(description="rows stored")]
    expected: Annotated[
        int | None, Meta(description="rows that the source promised; null if it promises none")
    ]
    source: str
    fetched_at: Annotated[datetime, Meta(description="time of the request to the source, UTC")]
    capture: Annotated[str, Meta(description="the raw object in S3")]


class AbsentResource(Struct, frozen=True):
    """A resource without rows that nothing more will come of, and why."""

    resource: str
    session: str
    why: Annotated[
        str,
        Meta(
            description="source_has_none: the source was read and has no rows. none_held: the race "
            "had no sprint. not_available: no source has it of that season. not_run: the race is "
            "yet to come"
        ),
    ]


class Completeness(Struct, frozen=True):
    """What of this race or season is captured, and what not."""

    complete: Annotated[
        bool,
        Meta(
            description="nothing that should exist by now is missing, and each captured resource "
            "has at least the rows that its source promised"
        ),
    ]
    captured: list[CapturedResource]
    missing: Annotated[
        list[str], Meta(description="resources that should exist by now and are not captured")
    ]
    version: Annotated[
        str, Meta(description="changes whenever one of the response's captures is replaced")
    ]
    provenance: Annotated[
        str, Meta(description="address of all captures, their pages, and decisions")
    ]
    absent: Annotated[
        list[AbsentResource], Meta(description="resources that have no rows and are not missing")
    ] = []


class ResourceCoverage(Struct, frozen=True):
    """How many races one resource is captured of."""

    due: Annotated[int, Meta(description="races for which it should exist by now")]
    captured: Annotated[int, Meta(description="races for which it is captured")]
    rows: int
    missing: Annotated[int, Meta(description="races for which it is due and not captured")]
    missing_races: Annotated[list[str], Meta(description="the first 20 of those")]
    none: Annotated[
        int, Meta(description="races for which it is captured and the source has no rows")
    ] = 0


class DriverCoverage(Struct, frozen=True):
    """Of how many of a driver's races one resource is captured: what the totals of it are of."""

    races: Annotated[int, Meta(description="of results and sprints entered, of the rest started")]
    captured: int


class Coverage(Struct, frozen=True):
    """What is captured of the races that this answer is about."""

    complete: bool
    races: Annotated[int, Meta(description="races on the calendar")]
    run: Annotated[int, Meta(description="races up to today")]
    resources: dict[str, ResourceCoverage]
    version: str
    provenance: Annotated[
        str | None,
        Meta(description="address of its captures; null: of more than one season"),
    ]
    of_driver: Annotated[
        dict[str, DriverCoverage] | None,
        Meta(
            description="of a driver's races, what is captured, by resource: totals are of a part "
            "where `captured` is less than `races`, also where nothing is missing because no "
            "source has it; null: the answer is not about one driver"
        ),
    ] = None


class OfRace(Struct, frozen=True, kw_only=True):
    """The end of an answer about one race."""

    completeness: Completeness
    license: License | None
    synthetic: bool | None


class OfSeasons(Struct, frozen=True, kw_only=True):
    """The end of an answer about seasons."""

    completeness: Coverage
    license: License | None
    synthetic: bool | None
