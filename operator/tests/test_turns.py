"""Plan Jobs take turns: a few at a time, the oldest Season first."""

import copy

from season_world import World, ready_world, season_body

from f1_operator import names
from f1_operator.season import Season
from f1_operator.turns import PlanTurns, waiting_seasons


def seasons(count: int) -> list[Season]:
    made = []
    for number in range(count):
        body = season_body(f"season-{number}")
        body["metadata"]["creationTimestamp"] = f"2030-01-01T00:00:{number:02}Z"
        made.append(Season.read(body))
    return made


def test_no_more_than_allowed_at_once() -> None:
    turns = PlanTurns(2)
    a, b, c = seasons(3)
    assert turns.ask(a, [])
    assert turns.ask(b, [])
    assert not turns.ask(c, [])
    assert turns.ask(a, []), "it keeps its turn"
    turns.release(b.metadata.uid)
    assert turns.ask(c, [])


def test_older_ones_that_wait_go_first() -> None:
    turns = PlanTurns(1)
    a, b, c = seasons(3)
    assert not turns.ask(c, [a, b])
    assert turns.ask(a, [a, b, c])


def test_after_a_restart_running_jobs_have_their_turns() -> None:
    world = World()
    world.reconcile()
    turns = PlanTurns(1)
    turns.remember([world.observed("plan")])
    assert not turns.ask(seasons(1)[0], [])
    assert turns.release(world.season.metadata.uid)


def test_jobs_that_do_not_plan_take_no_turns() -> None:
    """Fetches and purges wait for the source's budget, or for nobody."""
    for task in ("refresh", "purge"):
        world = ready_world()
        world.jobs[task] = copy.deepcopy(world.job("backfill"))
        world.jobs[task]["metadata"]["labels"][names.TASK_LABEL] = task
        world.jobs[task]["status"] = {}
        turns = PlanTurns(1)
        turns.remember([world.observed(task), world.observed("plan")])
        assert len(turns) == 0, "and the plan has ended"
        assert waiting_seasons([world.season], [world.observed(task)]) == []


def test_who_waits() -> None:
    world = World()
    world.turn = False
    world.reconcile()
    assert waiting_seasons([world.season], [world.observed("plan")]) == [world.season]
    world.edit(suspend=True)
    assert waiting_seasons([world.season], [world.observed("plan")]) == []
