"""Slices without rows for resources that an archive shows to be absent: they are not missing."""

from collections.abc import Collection, Iterator, Mapping

from f1_core.resources import RESOURCES
from f1_worker.parse.slices import RaceRef, ScheduledRace


def absent(
    races: Mapping[str, tuple[RaceRef, ScheduledRace]],
    have: Collection[tuple[str, str, str]],
    damaged: Collection[str],
    run: Collection[str],
) -> Iterator[tuple[str, str, str]]:
    """Race, resource and session of slices without rows, if the archive has rows of a later race.

    Examples are a race without pit stops, or the qualifying of 1996 to 2002. Nothing is absent
    after a file's last race, since the file may be truncated, or in a damaged file. A race without
    results was not run, or its results and other rows were lost. Laps are never absent: results
    have their number.

    Args:
        races: by the archive's number.
        have: race, resource and session of slices with valid or invalid rows.
        damaged: resources whose file is damaged.
        run: races with valid results.
    """
    newest: dict[str, str] = {}
    for race, resource, _ in have:
        ref = races[race][0] if race in races else None
        if ref is not None and ref.date is not None:
            newest[resource] = max(newest.get(resource, ""), ref.date)
    for race, (ref, scheduled) in races.items():
        if race not in run or ref.date is None:
            continue
        for resource, last in newest.items():
            kind = RESOURCES[resource]
            key = (race, resource, kind.session)
            known = key in have or resource == "laps" or resource in damaged
            due = ref.season >= kind.since
            held = not kind.sprint_only or '"Sprint":' in scheduled.sessions
            if due and held and ref.date < last and not known:
                yield key
