"""Models of completeness: captured and missing resources, coverage, licence."""

from datetime import datetime
from typing import Annotated

from msgspec import Struct

from f1_api.descriptions import doc


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
    """A resource in the database, and the capture of its rows."""

    resource: Annotated[str, doc("schedule, laps, pitstops, results, ...")]
    session: Annotated[str, doc("race, sprint or qualifying")]
    rows: Annotated[int, doc("rows stored")]
    expected: Annotated[int | None, doc("rows that the source promised; null if it promises none")]
    source: str
    fetched_at: Annotated[datetime, doc("time of the request to the source, UTC")]
    capture: Annotated[str, doc("the raw object in S3")]


class AbsentResource(Struct, frozen=True):
    """A resource without rows that is not missing, and why."""

    resource: str
    session: str
    why: Annotated[
        str,
        doc(
            "source_has_none: the source was read and has no rows. none_held: the race had no "
            "sprint. not_available: no source has it for that season. not_run: the race is in the "
            "future"
        ),
    ]


class Completeness(Struct, frozen=True):
    """The captured and the missing resources of an answer."""

    complete: Annotated[
        bool,
        doc(
            "nothing that should exist by now is missing, and each captured resource has at least "
            "the rows that its source promised"
        ),
    ]
    captured: list[CapturedResource]
    missing: Annotated[list[str], doc("resources that should exist by now and are not captured")]
    version: Annotated[str, doc("changes whenever one of the response's captures is replaced")]
    provenance: Annotated[str, doc("address of all captures, their pages and decisions")]
    absent: Annotated[
        list[AbsentResource], doc("resources that have no rows and are not missing")
    ] = []


class ResourceCoverage(Struct, frozen=True):
    """Numbers of races with one resource."""

    due: Annotated[int, doc("races for which it should exist by now")]
    captured: Annotated[int, doc("races for which it is captured")]
    rows: int
    missing: Annotated[int, doc("races for which it is due and not captured")]
    missing_races: Annotated[list[str], doc("the first 20 of those")]
    none: Annotated[int, doc("races for which it is captured and the source has no rows")] = 0


class DriverCoverage(Struct, frozen=True):
    """Numbers of a driver's races for one resource; its totals cover the captured ones."""

    races: Annotated[int, doc("entered for results and sprints, started for the rest")]
    captured: int


class Coverage(Struct, frozen=True):
    """The coverage of the races of an answer."""

    complete: bool
    races: Annotated[int, doc("races on the calendar")]
    run: Annotated[int, doc("races up to today")]
    resources: dict[str, ResourceCoverage]
    version: str
    provenance: Annotated[
        str | None, doc("address of its captures; null: the answer has several seasons")
    ]
    of_driver: Annotated[
        dict[str, DriverCoverage] | None,
        doc(
            "numbers of the driver's races by resource: totals are partial where `captured` is "
            "less than `races`, even if nothing is missing because no source has the rest; null: "
            "the answer is not about one driver"
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
