"""A plan as JSON and as a table."""

from typing import Any

from sqlalchemy import Connection

from f1_ingest.planning.plan import Plan, Step, estimate, used
from f1_ingest.settings import Settings
from f1_ingest.sources import registry
from f1_ingest.sources.protocol import Source


def describe(
    connection: Connection, plan: Plan, source: Source, settings: Settings
) -> dict[str, Any]:
    """A plan as JSON; times in seconds."""
    seconds = 0.0
    if source.budget is not None:
        limits = registry.limits(source.budget, settings)
        already = used(connection, source.budget)
        seconds = estimate(plan.requests, limits, already).total_seconds()
    steps: dict[int, list[Step]] = {}
    for step in plan.steps:
        steps.setdefault(step.target.round or 0, []).append(step)
    return {
        "season": plan.schedule.season,
        "source": plan.source,
        "captures": {"expected": len(plan.steps), "due": len(plan.due)},
        "requests_estimated": plan.requests,
        "seconds_estimated": seconds,
        "rounds": [
            {
                "round": race.round,
                "race_id": race.race_id,
                "name": race.name,
                "date": race.date.isoformat(),
                "run": race.round not in plan.not_run,
                "resources": {
                    step.target.resource: {"due": step.due, "requests": step.pages}
                    for step in steps.get(race.round, [])
                },
            }
            for race in plan.schedule.races
            if race.round in steps or race.round in plan.not_run
        ],
    }


def table(shown: dict[str, Any]) -> str:
    """A plan as lines for a terminal."""
    lines = [f"{'ROUND':>5}  {'DATE':10}  {'RACE':32}  FETCH"]
    for race in shown["rounds"]:
        due = [name for name, about in race["resources"].items() if about["due"]]
        what = ", ".join(due) if due else "up to date"
        if not race["run"]:
            what = "not run yet"
        lines.append(f"{race['round']:>5}  {race['date']}  {race['name'][:32]:32}  {what}")
    captures = shown["captures"]
    minutes = shown["seconds_estimated"] / 60
    time = f"{minutes:.0f} minutes" if minutes < 90 else f"{minutes / 60:.1f} hours"
    lines.append(
        f"{captures['due']} of {captures['expected']} captures to fetch, about "
        f"{shown['requests_estimated']} requests, {time}"
    )
    return "\n".join(lines)
