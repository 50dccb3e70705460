"""Progress of a season: expected resources, compared with captured and processed ones.

Plans (table ``expectations``) say what is expected: the newest generation of each owner, or the
requested one. Without a plan, the resources that are due are expected: those that should exist for
the races run so far. For an owner without a plan nothing is expected, and the season is incomplete.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, NamedTuple

from f1_api.completeness import answers
from f1_api.completeness.resources import BY_NAME, is_due
from f1_api.postgres.pool import Snapshot
from f1_api.status.models import (
    CaptureCounts,
    Expectations,
    FailedResource,
    IngestRun,
    RaceStatus,
    Requests,
    ResourceStatus,
    RoundCounts,
    SeasonStatus,
)

_USUAL_REQUESTS = {"laps": 12.0}
"""Requests of a capture, until one is measured: 1,100 rows with 100 rows a page."""
SCHEDULE = "schedule"


class _Slice(NamedTuple):
    """The applied capture; a row of ``season_slices`` without its key."""

    source: str
    capture: str
    fetched_at: Any
    seen_at: Any
    rows: int
    promised: int | None


class _Newest(NamedTuple):
    """The newest capture of a race and resource; a row of ``season_captures``."""

    round: int | None
    capture: str
    source: str
    fetched_at: Any
    state: str
    reason: str | None
    order: int


class _Season(NamedTuple):
    """The stored data of a season. Keys: race_id (empty: the season), resource.

    `expected` None: there is no plan.
    """

    year: int
    today: date
    slices: Mapping[tuple[str, str], _Slice]
    newest: Mapping[tuple[str, str], _Newest]
    expected: frozenset[tuple[str, str]] | None


def read(
    snapshot: Snapshot, year: int, *, owner: str | None, generation: int | None, today: date
) -> SeasonStatus | None:
    """The status of a season; None: nothing is known of it."""
    parameters = {"season": year, "owner": owner, "generation": generation}
    known = snapshot.row("season_known", parameters)
    if known is None or not known[0]:
        return None
    plans = snapshot.rows("expectations", parameters)
    calendar = snapshot.rows("season_races", parameters)
    by_round = {row[1]: row[0] for row in calendar}
    unscheduled: list[tuple[int | None, str, _Newest]] = []
    newest: dict[tuple[str, str], _Newest] = {}
    for race_id, round_, resource, *rest in snapshot.rows("season_captures", parameters):
        item = _Newest(round_, *rest)
        if round_ is not None and race_id is None:
            unscheduled.append((round_, resource, item))
            continue
        key = (race_id or "", resource)
        if key not in newest or item.order > newest[key].order:
            newest[key] = item
    season = _Season(
        year=year,
        today=today,
        slices={
            (row[0], row[2]): _Slice(row[3], row[4], row[5], row[6], row[7], row[8])
            for row in snapshot.rows("season_slices", parameters)
            if row[2] not in BY_NAME or row[1] == BY_NAME[row[2]].session
        },
        newest=newest,
        expected=_expected(plans, by_round) if plans or owner is not None else None,
    )
    races = [_race(season, row) for row in calendar]
    schedule = _resource(season, "", SCHEDULE, "race", due=True)
    failed = [*_failed(races, schedule), *_failed_unscheduled(unscheduled)]
    states = snapshot.rows("season_capture_states", parameters)
    counts = _rounds(races, failed)
    return SeasonStatus(
        season=year,
        complete=bool(counts.expected)
        and counts.processed == counts.expected
        and (schedule.state == "processed" or not schedule.expected)
        and not failed,
        progress=f"{counts.processed}/{counts.expected}",
        rounds=counts,
        schedule=schedule,
        races=races,
        failed=failed,
        captures=CaptureCounts(**{row[0]: row[1] for row in states}),
        rows=_rows(season),
        requests=_requests(snapshot, sum(row[2] for row in states), races, schedule),
        expectations=_plans(season, plans, by_round),
        runs=[IngestRun(*row) for row in snapshot.rows("season_runs", parameters)],
        **answers.licensed_in(snapshot),
    )


def _expected(
    plans: Iterable[tuple[Any, ...]], by_round: Mapping[int, str]
) -> frozenset[tuple[str, str]]:
    # A plan from before the schedule was processed has rounds, and ids that may have changed.
    known = set(by_round.values())
    return frozenset(
        (race_id if race_id in known else by_round.get(round_, race_id), resource)
        for _, _, race_id, resource, _, round_, _ in plans
    )


def _race(season: _Season, row: tuple[Any, ...]) -> RaceStatus:
    race_id, round_, name, on, has_sprint = row
    resources = [
        _resource(
            season,
            race_id,
            kind.name,
            kind.session,
            due=is_due(kind, season.year, on, has_sprint=has_sprint, today=season.today),
        )
        for kind in BY_NAME.values()
    ]
    expected = [item for item in resources if _is_expected(item)]
    return RaceStatus(
        race_id=race_id,
        round=round_,
        name=name,
        date=on,
        run=on <= season.today,
        ingested=bool(expected) and all(item.state != "missing" for item in expected),
        processed=bool(expected) and all(item.state == "processed" for item in expected),
        resources=resources,
    )


def _resource(
    season: _Season, race_id: str, resource: str, session: str, *, due: bool
) -> ResourceStatus:
    key = (race_id, resource)
    expected = due if season.expected is None else key in season.expected
    applied = season.slices.get(key)
    newest = season.newest.get(key)
    other = newest if newest and (applied is None or newest.capture != applied.capture) else None
    # A capture that was processed before the applied one has nothing new.
    if other and applied and other.state in ("unchanged", "superseded", "processed"):
        other = None
    if applied is not None:
        state = "processed"
    elif newest is not None:
        state = newest.state
    elif not due:
        state = "not_due"
    else:
        state = "missing" if expected else "not_expected"
    return ResourceStatus(
        resource=resource,
        session=session,
        expected=expected,
        state=state,
        rows=applied.rows if applied else None,
        promised=applied.promised if applied else None,
        source=applied.source if applied else newest.source if newest else None,
        fetched_at=applied.fetched_at if applied else newest.fetched_at if newest else None,
        seen_at=applied.seen_at if applied else None,
        capture=applied.capture if applied else newest.capture if newest else None,
        newest_state=other.state if other else None,
        newest_capture=other.capture if other else None,
        reason=other.reason if other else None,
    )


def _is_expected(item: ResourceStatus) -> bool:
    """Whether it is expected by now: plans may name future races."""
    return item.expected and item.state != "not_due"


def _failed(races: Iterable[RaceStatus], schedule: ResourceStatus) -> list[FailedResource]:
    items = [(None, None, schedule)]
    items += [(race.race_id, race.round, item) for race in races for item in race.resources]  # type: ignore[misc]
    return [
        FailedResource(race_id, round_, item.resource, item.state, item.reason, item.capture)
        for race_id, round_, item in items
        if item.expected and item.state == "quarantined" and item.capture
    ]


def _failed_unscheduled(
    items: Iterable[tuple[int | None, str, _Newest]],
) -> list[FailedResource]:
    """Quarantined captures of rounds that are not in the calendar."""
    return [
        FailedResource(None, round_, resource, item.state, item.reason, item.capture)
        for round_, resource, item in items
        if item.state == "quarantined"
    ]


def _rounds(races: list[RaceStatus], failed: list[FailedResource]) -> RoundCounts:
    return RoundCounts(
        total=len(races),
        run=sum(race.run for race in races),
        expected=sum(any(map(_is_expected, race.resources)) for race in races),
        ingested=sum(race.ingested for race in races),
        processed=sum(race.processed for race in races),
        failed=len({item.round for item in failed if item.round is not None}),
    )


def _rows(season: _Season) -> dict[str, int | None]:
    total: dict[str, int | None] = dict.fromkeys(BY_NAME)
    for (_, resource), item in season.slices.items():
        if resource in total:
            total[resource] = (total[resource] or 0) + item.rows
    return total


def _requests(
    snapshot: Snapshot, spent: int, races: Iterable[RaceStatus], schedule: ResourceStatus
) -> Requests:
    costs: dict[str, float] = dict(snapshot.rows("request_costs"))
    resources = [item for race in races for item in race.resources] + [schedule]
    estimated = sum(
        costs.get(item.resource) or _USUAL_REQUESTS.get(item.resource, 1.0)
        for item in resources
        if item.expected and item.state == "missing"
    )
    last_hour = sum(row[1] for row in snapshot.rows("requests_last_hour"))
    seconds = 0 if not estimated else round(estimated / last_hour * 3600) if last_hour else None
    return Requests(
        spent=spent,
        estimated=round(estimated),
        last_hour=last_hour,
        estimated_seconds=seconds,
    )


def _plans(
    season: _Season, plans: Iterable[tuple[Any, ...]], by_round: Mapping[int, str]
) -> list[Expectations]:
    grouped: dict[tuple[str, int], list[tuple[Any, ...]]] = defaultdict(list)
    for row in plans:
        grouped[row[0], row[1]].append(row)
    found = []
    for (owner, generation), rows in grouped.items():
        keys = _expected(rows, by_round)
        states = {key: season.newest[key].state for key in keys if key in season.newest}
        answered = {key for key in keys if key in season.slices}
        found.append(
            Expectations(
                owner=owner,
                generation=generation,
                planned_at=max(row[6] for row in rows),
                source=rows[0][4],
                expected=len(keys),
                captured=len(answered | states.keys()),
                processed=len(answered),
                failed=sum(
                    state == "quarantined" and key not in answered for key, state in states.items()
                ),
            )
        )
    return found
