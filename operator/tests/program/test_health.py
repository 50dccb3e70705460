"""What the liveness probe of the operator reports, and when it reports nothing."""

import threading
from dataclasses import dataclass, field
from typing import Any

import pytest
from seasons.world import season_body

from f1_core.program.supervision import Supervised
from f1_operator.health import Health
from f1_operator.kube.cache import Blind, Cache
from f1_operator.season.resource import Season

STUCK_S = 600.0


@dataclass
class World:
    """Seasons, when each was last reconciled, and when all were last listed."""

    now: float = 1000.0
    at: float | None = None
    blind: list[Blind] = field(default_factory=list)
    reconciled: dict[str, float] = field(default_factory=dict)
    cache: Cache = field(default_factory=Cache)

    def reconciled_at(self, season: Season) -> float:
        return self.reconciled[season.metadata.name]

    def add(self, name: str, at: float) -> None:
        self.reconciled[name] = at
        self.cache.observe(Season.read(season_body(name)), deleted=False)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def health(world: World) -> Health:
    """The health of that world, with its clock."""
    both: Any = world
    return Health(world.cache, both, both, STUCK_S, clock=lambda: world.now)


def test_a_replica_that_waits_for_the_lease_has_no_problem(world: World, health: Health) -> None:
    world.add("one", at=0.0)
    world.now += 10 * STUCK_S
    assert health.problems() == health.starting() == []


def test_seasons_that_are_not_listed_in_time_are_a_problem(world: World, health: Health) -> None:
    health.begin()
    world.now += STUCK_S
    assert health.problems() == []
    assert health.starting() == ["Seasons are not listed yet"]
    world.now += 1
    assert health.problems() == ["Seasons were last listed 601 s ago"]
    world.at = world.now
    assert health.problems() == health.starting() == []
    world.now += STUCK_S + 5
    assert health.problems() == ["Seasons were last listed 605 s ago"]


def test_a_season_that_is_not_reconciled_in_time_is_a_problem(world: World, health: Health) -> None:
    health.begin()
    world.add("late", at=world.now)
    world.add("recent", at=world.now + 1)
    world.now += STUCK_S
    world.at = world.now
    assert health.problems() == []
    world.now += 1
    assert health.problems() == ["Season f1/late was last reconciled 601 s ago"]


def test_a_change_that_a_watch_missed_is_a_problem(world: World, health: Health) -> None:
    health.begin()
    world.at = world.now
    world.blind = [Blind("Season", "f1/one")]
    assert health.problems() == ["the watch missed a change of Season f1/one, which two lists had"]


def test_a_thread_that_ended_is_a_problem(world: World, health: Health) -> None:
    thread = Supervised("resync", lambda: None, threading.Event())
    health.watch(thread)
    health.begin()
    world.at = world.now
    assert health.problems() == []
    thread.start()
    thread.join()
    assert health.problems() == ["the thread resync ended"]


def test_at_most_twenty_problems_are_reported(world: World, health: Health) -> None:
    health.begin()
    for number in range(30):
        world.add(f"season-{number}", at=0.0)
    world.at = world.now
    assert len(health.problems()) == 20


def test_the_oldest_reconcile_is_shown_as_a_time(
    world: World, health: Health, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("f1_operator.health.time.time", lambda: 5000.0)
    assert health.oldest_seen() == 0.0
    world.add("one", at=world.now - 30)
    world.add("two", at=world.now - 10)
    assert health.oldest_seen() == 4970.0
