"""`Decision.at_work`: progress without an event of Kubernetes, for which the API is polled."""

from dataclasses import replace

from seasons.world import World, ready_world

from f1_operator import names
from f1_operator.kube.actions import DeleteJob
from f1_operator.reconcile.decide import decide


def test_a_season_is_at_work_until_all_rounds_are_served() -> None:
    world = World()
    assert world.reconcile().at_work  # a plan
    world.run_plan()
    assert world.reconcile().at_work  # a fetch
    world.fetch(1, 2, 3, 4, state="pending")
    assert world.reconcile().at_work  # the worker
    world.process()
    assert not world.reconcile().at_work


def test_failed_rounds_wait_for_a_person_or_their_retry() -> None:
    world = World()
    world.reconcile()
    world.run_plan()
    world.reconcile()
    world.fetch(1, 2, 3)
    world.give_up(4)
    world.later(minutes=1)
    assert not world.reconcile().at_work


def test_a_plan_that_failed_is_not_at_work() -> None:
    world = World()
    world.reconcile()
    world.end(world.job("plan"), "Failed", "BackoffLimitExceeded")
    assert not world.reconcile().at_work


def test_a_season_recovers_when_the_api_shows_the_plan_late() -> None:
    """Then the API used another database, or a pod of a replaced database responded."""
    world = World()
    world.reconcile()
    world.end(world.job("plan"), "Complete")
    world.later(minutes=1)
    for _ in range(2):
        assert world.reconcile().at_work
        assert world.phase == "Failed"
    owner = world.season.metadata.uid
    world.plan(owner, world.season.plan.generation, world.season.spec.requests_round)
    assert world.reconcile().at_work
    assert world.phase == "Backfilling"
    assert world.season.plan.failure is None


def test_a_suspended_season_is_at_work_while_captures_wait_for_the_worker() -> None:
    world = World()
    world.reconcile()
    world.run_plan()
    world.reconcile()
    world.fetch(1, state="pending")
    world.edit(suspend=True)
    assert world.reconcile().at_work
    world.process()
    assert not world.reconcile().at_work


def test_without_the_api_it_is_at_work_and_a_running_plan_keeps_its_slot() -> None:
    world = World()
    world.reconcile()
    world.api_up = False
    decision = world.decide()
    assert (decision.at_work, decision.planning) == (True, True)
    world.end(world.job("plan"), "Complete")
    assert not world.decide().planning


def test_running_jobs_of_a_season_without_its_year_are_stopped() -> None:
    world = World()
    world.reconcile()
    world.run_plan()
    world.reconcile()
    world.rival = ready_world().season
    stopped = [one.job.task for one in world.decide().actions if isinstance(one, DeleteJob)]
    assert stopped == ["backfill"], "the plan has ended"


def test_a_deletion_without_refusals_changes_no_condition() -> None:
    world = ready_world(deletionPolicy="Purge")
    world.annotate(names.RELEASE)
    world.delete()
    before = world.status
    assert world.decide().status == before


def test_a_finalizer_that_kubernetes_keeps_is_reported_with_its_reason() -> None:
    world = ready_world(deletionPolicy="Purge")
    world.annotate(names.RELEASE)
    world.delete()
    ready = decide(replace(world.observed, refused="403: finalizers are frozen")).status
    [found] = [one for one in ready.conditions if one.type == "Ready"]
    assert (found.status, found.reason) == ("False", "PurgeFailing")
    assert "403: finalizers are frozen; retrying" in found.message


def test_a_purge_is_at_work_until_its_job_has_ended() -> None:
    world = World(deletionPolicy="Purge")
    world.reconcile()
    world.delete()
    assert world.decide().at_work  # its plan Job is being stopped
    world.reconcile()
    assert world.decide().at_work
    world.end(world.job("purge"), "Failed", "DeadlineExceeded")
    [again] = world.decide().actions
    assert isinstance(again, DeleteJob), "and created again"
