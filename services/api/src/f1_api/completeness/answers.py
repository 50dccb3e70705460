"""Coverage of many races, and the licence."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TypedDict

from f1_api.completeness.models import (
    CapturedResource,
    Coverage,
    DriverCoverage,
    License,
    ResourceCoverage,
)
from f1_api.completeness.resources import parameters
from f1_api.postgres.pool import Snapshot
from f1_core import licences

_SHARED = License(*licences.SHARED)
_SYNTHETIC = License(*licences.SYNTHETIC)


def license_of(*, synthetic: bool | None) -> License | None:
    """The licence of the stored data; None: nothing is stored."""
    if synthetic is None:
        return None
    return _SYNTHETIC if synthetic else _SHARED


class Licensing(TypedDict):
    """The fields of :class:`f1_api.completeness.models.Licensed`."""

    license: License | None
    synthetic: bool | None


def licensed(*, synthetic: bool | None) -> Licensing:
    """The fields of an answer that end it: the licence, and whether the data is synthetic."""
    return {"license": license_of(synthetic=synthetic), "synthetic": synthetic}


def licensed_in(snapshot: Snapshot) -> Licensing:
    """The same fields for an answer about all that is stored."""
    return licensed(synthetic=is_synthetic(snapshot))


def is_synthetic(snapshot: Snapshot) -> bool | None:
    """Whether a generator made the stored data; None: nothing is stored."""
    row = snapshot.row("synthetic")
    return row[0] if row else None


def of_seasons(
    snapshot: Snapshot,
    seasons: Sequence[int] | None,
    names: Sequence[str],
    *,
    today: date,
    driver: str | None = None,
    of_driver: Mapping[str, DriverCoverage] | None = None,
) -> Coverage:
    """The coverage of seasons (None: all) for these resources.

    Args:
        driver: the driver of the answer, if it is about one.
        of_driver: for each resource, the driver's races and the captured ones.
    """
    rows = snapshot.rows(
        "coverage",
        {
            "seasons": None if seasons is None else list(seasons),
            "today": today,
            **parameters(names),
        },
    )
    resources = {}
    races = run = 0
    complete = True
    versions = []
    for row in sorted(rows):
        name, races, run, due, have, stored, lacking, dated, all_rows, version, none = row
        complete = complete and not lacking and all_rows
        versions.append(f"{name}:{version}")
        resources[name] = ResourceCoverage(
            due=due,
            captured=have,
            rows=stored,
            missing=lacking,
            missing_races=_first(dated),
            none=none,
        )
    return Coverage(
        complete=complete and bool(rows),
        races=races,
        run=run,
        resources=resources,
        version=version_of(versions),
        provenance=_address(seasons, driver),
        of_driver=None if of_driver is None else dict(of_driver),
    )


def _address(seasons: Sequence[int] | None, driver: str | None) -> str | None:
    one = seasons[0] if seasons is not None and len(seasons) == 1 else None
    if driver is not None:
        return f"/drivers/{driver}/provenance" + (f"?season={one}" if one else "")
    return f"/seasons/{one}/provenance" if one else None


def _first(dated: list[str] | None) -> list[str]:
    """The ids of the first 20 races from texts `{date} {race_id}`."""
    return [text.partition(" ")[2] for text in sorted(dated or [])[:20]]


def is_captured(items: Iterable[CapturedResource], resource: str, session: str) -> bool:
    """Whether the resource is captured, with or without rows."""
    return any(item.resource == resource and item.session == session for item in items)


def version_of(parts: Iterable[str]) -> str:
    """A hash of `parts`."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
