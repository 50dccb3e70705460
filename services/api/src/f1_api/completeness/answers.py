"""What an answer is made of: completeness of one race, coverage of many, and the licence."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from f1_api.completeness.models import (
    AbsentResource,
    CapturedResource,
    Completeness,
    Coverage,
    DriverCoverage,
    License,
    ResourceCoverage,
)
from f1_api.completeness.resources import BY_NAME, parameters
from f1_api.postgres.pool import Snapshot
from f1_api.races.lookup import FoundRace
from f1_core import licences

_SHARED = License(*licences.SHARED)
_MADE_UP = License(*licences.MADE_UP)


def license_of(*, synthetic: bool | None) -> License | None:
    """The licence of what is stored; None as long as nothing is."""
    if synthetic is None:
        return None
    return _MADE_UP if synthetic else _SHARED


def of_race(
    race: FoundRace, names: Sequence[str], *, session: str | None = None, today: date
) -> Completeness:
    """How complete one race is, as far as these resources go.

    Args:
        names: the resources that the answer is made of; the schedule is always one.
        session: of laps and pit stops, if the answer has them of one session only. A sprint's
            are in no source's promise, and so never missing.
    """
    captured = [
        item
        for item in race.captured
        if item.resource == "schedule"
        or (item.resource in names and session in (None, item.session))
    ]
    have = {item.resource for item in captured}
    missing = [
        name
        for name in names
        if name not in have
        and session in (None, BY_NAME[name].session)
        and BY_NAME[name].due(race.season, race.date, has_sprint=race.has_sprint, today=today)
    ]
    return Completeness(
        complete=not missing and all(item.rows >= (item.expected or 0) for item in captured),
        captured=captured,
        missing=missing,
        version=_version(item.capture for item in captured),
        provenance=f"/races/{race.race_id}/provenance",
        absent=_absent(race, names, captured, session=session, today=today),
    )


def _absent(
    race: FoundRace,
    names: Sequence[str],
    captured: Sequence[CapturedResource],
    *,
    session: str | None,
    today: date,
) -> list[AbsentResource]:
    """What has no rows and is not missing, and why."""
    have = {(item.resource, item.session): item.rows for item in captured}
    found = []
    for name in names:
        kind = BY_NAME[name]
        of = session if session and name in ("laps", "pitstops") else kind.session
        rows = have.get((name, of))
        if rows:
            continue
        if rows == 0:
            why = "source_has_none"
        elif of == "sprint" and not race.has_sprint:
            why = "none_held"
        elif race.season < kind.since or of != kind.session:
            why = "not_available"
        elif race.date >= today:
            why = "not_run"
        else:
            continue
        found.append(AbsentResource(name, of, why))
    return found


def of_seasons(
    snapshot: Snapshot,
    seasons: Sequence[int] | None,
    names: Sequence[str],
    *,
    today: date,
    driver: str | None = None,
    of_driver: Mapping[str, DriverCoverage] | None = None,
) -> Coverage:
    """How complete seasons are, as far as these resources go; None means all.

    Args:
        driver: whose figures the answer is about, if it is about a driver's.
        of_driver: of how many of the driver's races each resource is captured.
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
        version=_version(versions),
        provenance=_address(seasons, driver),
        of_driver=None if of_driver is None else dict(of_driver),
    )


def _address(seasons: Sequence[int] | None, driver: str | None) -> str | None:
    one = seasons[0] if seasons is not None and len(seasons) == 1 else None
    if driver is not None:
        return f"/drivers/{driver}/provenance" + (f"?season={one}" if one else "")
    return f"/seasons/{one}/provenance" if one else None


def _first(dated: list[str] | None) -> list[str]:
    """The ids of the first 20 races, of `{date} {race_id}`."""
    return [text.partition(" ")[2] for text in sorted(dated or [])[:20]]


def is_captured(items: Iterable[CapturedResource], resource: str, session: str) -> bool:
    """Whether there are rows, or it is known that there are none."""
    return any(item.resource == resource and item.session == session for item in items)


def _version(parts: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
