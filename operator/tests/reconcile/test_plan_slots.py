"""Plan Jobs take plan slots: a few at a time, the oldest Season first."""

import copy

from seasons.world import World, ready_world, season_body

from f1_operator import names
from f1_operator.reconcile.plan_slots import PlanSlots, waiting_seasons
from f1_operator.season.resource import Season


def seasons(count: int) -> list[Season]:
    made = []
    for number in range(count):
        body = season_body(f"season-{number}")
        body["metadata"]["creationTimestamp"] = f"2030-01-01T00:00:{number:02}Z"
        made.append(Season.read(body))
    return made


def test_no_more_than_allowed_at_once() -> None:
    plan_slots = PlanSlots(2)
    a, b, c = seasons(3)
    assert plan_slots.acquire(a, [])
    assert plan_slots.acquire(b, [])
    assert not plan_slots.acquire(c, [])
    assert plan_slots.acquire(a, []), "it keeps its slot"
    plan_slots.release(b.metadata.uid)
    assert plan_slots.acquire(c, [])


def test_older_waiting_seasons_are_first() -> None:
    plan_slots = PlanSlots(1)
    a, b, c = seasons(3)
    assert not plan_slots.acquire(c, [a, b])
    assert plan_slots.acquire(a, [a, b, c])


def test_running_jobs_keep_their_slots_after_a_restart() -> None:
    world = World()
    world.reconcile()
    plan_slots = PlanSlots(1)
    plan_slots.restore([world.observed_job("plan")])
    assert not plan_slots.acquire(seasons(1)[0], [])
    assert plan_slots.release(world.season.metadata.uid)


def test_jobs_other_than_plans_take_no_slots() -> None:
    """Fetches wait for the source's budget, and purges do not wait."""
    for task in ("refresh", "purge"):
        world = ready_world()
        world.jobs[task] = copy.deepcopy(world.job("backfill"))
        world.jobs[task]["metadata"]["labels"][names.TASK_LABEL] = task
        world.jobs[task]["status"] = {}
        plan_slots = PlanSlots(1)
        plan_slots.restore([world.observed_job(task), world.observed_job("plan")])
        assert len(plan_slots) == 0, "and the plan has ended"
        assert waiting_seasons([world.season], [world.observed_job(task)]) == []


def test_waiting_seasons_are_found() -> None:
    world = World()
    world.turn = False
    world.reconcile()
    assert waiting_seasons([world.season], [world.observed_job("plan")]) == [world.season]
    world.edit(suspend=True)
    assert waiting_seasons([world.season], [world.observed_job("plan")]) == []
