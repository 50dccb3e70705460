"""The plan: what is expected, what exists, and the cost of the rest."""

import json
from collections.abc import Callable
from datetime import timedelta
from subprocess import CompletedProcess

import pytest
import sqlalchemy as sa

from f1_devkit.servers.jolpica.server import JolpicaServer
from f1_ingest.planning.plan import estimate
from f1_ingest.ratelimit.scheduler import Limits

Ingest = Callable[..., CompletedProcess[str]]


def expectations(engine: sa.Engine) -> list[tuple[object, ...]]:
    with engine.connect() as connection:
        rows = connection.execute(
            sa.text(
                "SELECT owner, generation, season, race_id, resource, source, round"
                " FROM expectations ORDER BY owner, generation, round NULLS FIRST, resource"
            )
        )
        return [tuple(row) for row in rows]


def test_a_plan_costs_the_schedule_and_records_what_is_expected(
    ingest: Ingest, source: JolpicaServer, engine: sa.Engine
) -> None:
    ran = ingest(
        *("plan", "--season", 2024, "--rounds", "1", "--resources", "results,laps", "--json"),
        *("--owner", "uid-1", "--generation", 3),
        F1_JOLPICA_URL=source.url,
    )
    assert ran.returncode == 0, ran.stderr
    assert len(source.log) == 1
    race = source.dataset.weekend(2024, 1).race
    race_id = f"2024-{race.circuit_id}"
    assert expectations(engine) == [
        ("uid-1", 3, 2024, "", "schedule", "jolpica", None),
        ("uid-1", 3, 2024, race_id, "laps", "jolpica", 1),
        ("uid-1", 3, 2024, race_id, "results", "jolpica", 1),
    ]
    plan = json.loads(ran.stdout)
    assert plan["captures"] == {"expected": 2, "due": 2}
    assert plan["requests_estimated"] == 12, "eleven pages of laps, usually"
    (planned,) = plan["rounds"]
    assert planned["race_id"] == race_id
    assert planned["run"] is True
    assert planned["resources"]["results"] == {"due": True, "requests": 1}


def test_a_new_generation_replaces_only_the_old_one_of_its_owner(
    ingest: Ingest, source: JolpicaServer, engine: sa.Engine
) -> None:
    def plan(owner: str, generation: int, rounds: str) -> None:
        ran = ingest(
            *("plan", "--season", 2024, "--rounds", rounds, "--resources", "results"),
            *("--owner", owner, "--generation", generation),
            F1_JOLPICA_URL=source.url,
        )
        assert ran.returncode == 0, ran.stderr

    plan("a", 1, "1-2")
    plan("b", 1, "1")
    plan("a", 2, "3")
    plan("a", 2, "3")
    assert [(row[0], row[1], row[6]) for row in expectations(engine)] == [
        ("a", 2, None),
        ("a", 2, 3),
        ("b", 1, None),
        ("b", 1, 1),
    ]


def test_existing_captures_are_not_due_and_future_races_are_not_expected(
    ingest: Ingest, source: JolpicaServer
) -> None:
    third = source.dataset.weekend(2024, 3).race
    ingest("round", "--season", 2024, "--round", 1, F1_JOLPICA_URL=source.url)
    ran = ingest(
        *("plan", "--season", 2024, "--rounds", "1-4", "--as-of", f"{third.date}T23:59"),
        F1_JOLPICA_URL=source.url,
    )
    lines = ran.stdout.splitlines()
    assert "up to date" in lines[1]
    assert "results, qualifying, " in lines[2]
    assert "not run yet" in lines[4]
    assert lines[5].startswith("12 of 18 captures to fetch, about 32 requests")


def test_the_size_of_an_existing_capture_is_the_estimate(
    ingest: Ingest, source: JolpicaServer, engine: sa.Engine
) -> None:
    arguments = ("--season", 2024, "--rounds", "1", "--resources", "laps")
    ingest("backfill", *arguments, F1_JOLPICA_URL=source.url)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE captures SET state = 'held', fetched_at = '2024-12-31'"))
    ran = ingest("plan", *arguments, "--json", F1_JOLPICA_URL=source.url)
    laps = len(source.dataset.weekend(2024, 1).laps)
    assert json.loads(ran.stdout)["requests_estimated"] == -(-laps // 100)


@pytest.mark.parametrize(
    ("requests", "used", "expected"),
    [
        (0, 0, timedelta()),
        (100, 0, timedelta(seconds=25)),
        (190, 0, timedelta(seconds=48)),
        (380, 0, timedelta(hours=1, seconds=48)),
        (190, 190, timedelta(hours=1)),
    ],
)
def test_an_estimate_uses_the_free_part_of_the_hour(
    requests: int, used: int, expected: timedelta
) -> None:
    assert estimate(requests, Limits(4, 200), used) == expected
