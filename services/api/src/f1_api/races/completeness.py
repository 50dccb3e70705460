"""Completeness of an answer about one race: captured, missing and absent resources."""

from collections.abc import Sequence
from datetime import date

from f1_api.completeness.answers import version_of
from f1_api.completeness.models import AbsentResource, CapturedResource, Completeness
from f1_api.completeness.resources import BY_NAME, is_due
from f1_api.races.lookup import FoundRace


def of_race(
    race: FoundRace, names: Sequence[str], *, session: str | None = None, today: date
) -> Completeness:
    """The completeness of one race, for these resources.

    Args:
        names: the resources of the answer; the schedule is added.
        session: the session of laps and pit stops, if the answer has one only. Sources do not
            promise those of a sprint, so they are never missing.
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
        and is_due(BY_NAME[name], race.season, race.date, has_sprint=race.has_sprint, today=today)
    ]
    return Completeness(
        complete=not missing and all(item.rows >= (item.expected or 0) for item in captured),
        captured=captured,
        missing=missing,
        version=version_of(item.capture for item in captured),
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
    """Resources without rows that are not missing, with the reason."""
    have = {(item.resource, item.session): item.rows for item in captured}
    found = []
    for name in names:
        kind = BY_NAME[name]
        of = session if session and kind.has_session else kind.session
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
