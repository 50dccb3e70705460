"""After any sequence of events, the decision is stable, and the Season can become Ready."""

from collections.abc import Callable

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from seasons.world import World

from f1_operator import names
from f1_operator.kube.actions import CreateJob, DeleteJob, SetFinalizers

Step = Callable[[World], None]


def _plan(world: World) -> None:
    if "plan" in world.tasks():
        job = world.observed_job("plan")
        if not job.suspended and not job.finished:
            world.run_plan()


def _work(how: Callable[[World, str, int], None]) -> Step:
    def step(world: World) -> None:
        for task in ("backfill", "refresh"):
            if task in world.tasks():
                job = world.observed_job(task)
                if job.unfinished_rounds and not job.suspended:
                    how(world, task, min(job.unfinished_rounds))
                    return

    return step


def _toggle(field: str, *values: object) -> Step:
    def step(world: World) -> None:
        now = world.body["spec"].get(field, values[0])
        world.edit(**{field: values[(values.index(now) + 1) % len(values)]})

    return step


def _kill_job(world: World) -> None:
    if world.jobs:
        del world.jobs[next(iter(world.jobs))]


def _api(up: bool) -> Step:
    def step(world: World) -> None:
        world.api_up = up

    return step


def _lose_status(world: World) -> None:
    world.body.pop("status", None)


STEPS: dict[str, Step] = {
    "plan": _plan,
    "fetch": _work(lambda world, task, n: world.fetch(n, task=task)),
    "fetch, worker busy": _work(lambda world, task, n: world.fetch(n, state="pending", task=task)),
    "fetch, worker refuses": _work(
        lambda world, task, n: world.fetch(n, state="quarantined", task=task)
    ),
    "give up": _work(lambda world, task, n: world.give_up(n, task=task)),
    "process": lambda world: world.process(),
    "rounds": _toggle("rounds", "all", "1-2", "2-3"),
    "suspend": _toggle("suspend", False, True),
    "parallelism": _toggle("parallelism", 2, 1, 3),
    "source": _toggle("source", "jolpica", "synthetic"),
    "purge or not": _toggle("deletionPolicy", "Retain", "Purge"),
    "retry": lambda world: world.annotate(names.RETRY, str(world.now)),
    "time": lambda world: world.later(minutes=7),
    "a day": lambda world: world.later(days=1),
    "jobs expire": lambda world: world.expire(),
    "somebody deletes a job": _kill_job,
    "the api goes": _api(up=False),
    "the api comes": _api(up=True),
    "status is lost": _lose_status,
    "the operator is away": lambda world: None,
}
UNSEEN = {"the operator is away"}


def _rest(world: World) -> None:
    """Carry out the decision; deciding again must then change nothing."""
    decision = world.decide()
    for _ in range(4):
        for action in decision.actions:
            world.apply(action)
        world.body["status"] = decision.status.as_json()
        if not any(isinstance(action, DeleteJob) for action in decision.actions):
            break
        decision = world.decide()
    again = world.decide()
    assert again.actions == ()
    assert again.status == decision.status
    live = [job for job in world.observed.fetch_jobs if not job.finished]
    assert len(live) <= 1


@given(st.lists(st.sampled_from(sorted(STEPS)), max_size=25))
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_sequence_of_events_becomes_stable_and_can_end_ready(events: list[str]) -> None:
    world = World(rounds=3)
    for name in events:
        STEPS[name](world)
        if name not in UNSEEN:
            _rest(world)

    # The faults end, and a person requests a retry: the Season becomes Ready, with its rounds.
    world.api_up = True
    world.states = {
        key: "processed" if state == "quarantined" else state for key, state in world.states.items()
    }
    world.edit(suspend=False)
    world.annotate(names.RETRY, "finally")
    for _ in range(12):
        _rest(world)
        STEPS["plan"](world)
        STEPS["fetch"](world)
        STEPS["process"](world)
    _rest(world)

    requested = {number for number in world.dates if world.season.spec.requests_round(number)}
    assert world.phase == "Ready"
    assert {number for number, _ in world.states} >= requested
    assert world.status.progress == f"{len(requested)}/{len(requested)}"


@given(st.lists(st.sampled_from(sorted(STEPS)), max_size=15))
@example(["a day", "plan", "give up", "a day", "fetch", "fetch", "give up"])  # two Jobs end at once
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_sequence_of_events_can_end_in_deletion_that_leaves_nothing(events: list[str]) -> None:
    world = World(rounds=3)
    for name in events:
        STEPS[name](world)
        _rest(world)

    finalizer = names.FINALIZER in world.body["metadata"]["finalizers"]
    world.delete()
    for _ in range(5):
        decision = world.decide()
        for action in decision.actions:
            world.apply(action)
            assert finalizer or not isinstance(action, CreateJob | SetFinalizers)
        if "purge" in world.tasks():
            world.end(world.job("purge"), "Complete")

    assert world.body["metadata"]["finalizers"] == []
    assert "purge" not in world.tasks()


@given(st.lists(st.sampled_from(sorted(STEPS)), max_size=20))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_fetched_rounds_are_never_in_a_new_backfill(events: list[str]) -> None:
    world = World(rounds=3)
    for name in events:
        STEPS[name](world)
        there = {number for number, _ in world.states}
        before = set(world.jobs)
        _rest(world)
        for new in set(world.jobs) - before:
            labels = world.jobs[new]["metadata"]["labels"]
            if labels[names.TASK_LABEL] == names.TASK_BACKFILL:
                assert not there & set(world.observed_job("backfill").rounds)
