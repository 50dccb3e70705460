"""The plan Job: whether a plan is recorded, and what to do until it is."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from msgspec import structs

from f1_operator import names
from f1_operator.actions import Action, CreateJob, DeleteJob, PatchJob
from f1_operator.jobs import ObservedJob
from f1_operator.manifests import plan_job
from f1_operator.season import Plan
from f1_operator.view import View

_LEDGER_GRACE = timedelta(seconds=30)

Stage = Literal["planned", "planning", "waiting", "suspended", "failed"]


@dataclass(frozen=True)
class Planning:
    """Where the plan stands.

    Attributes:
        stage: `planned` once it is recorded, whatever a newer plan Job does.
        plan: for the Season's status; it remembers why the plan failed when the Job is gone.
        running: a plan Job takes one of the turns.
        job: the plan Job at work, or needed.
        problem: why a plan that was to replace the recorded one failed.
    """

    stage: Stage
    plan: Plan
    actions: tuple[Action, ...] = ()
    running: bool = False
    job: str | None = None
    problem: str = ""


def plan_stamp(view: View, planned_at: datetime, every: timedelta) -> str:
    """What tells a plan that replaces another from it: one try in each interval."""
    count = (view.now - planned_at) // every
    return f"{planned_at.isoformat()} {count}"


def planning(view: View, *, recorded: bool, stamp: str | None) -> Planning:
    """Decide about the plan Job.

    Args:
        view: the Season.
        recorded: the API knows the plan.
        stamp: of the plan Job that is needed, empty for a first one; None: none is.
    """
    season, plan = view.season, view.season.plan
    live = [job for job in view.of_task(names.TASK_PLAN) if not job.finished]
    obsolete = tuple(
        DeleteJob(job, "it plans what is not asked for any more")
        for job in live
        if job.plan_generation != plan.generation and not job.deleting
    )
    if recorded:
        plan = structs.replace(plan, failure=None)
    state = Planning("planned" if recorded else "planning", plan, obsolete)
    live = [job for job in live if job.plan_generation == plan.generation]
    if stamp is None:
        return _let_finish(state, live)
    if live:
        return _steer(view, state, live[-1])
    if plan.failure is not None:
        return replace(state, stage="failed")
    manifest = plan_job(season, view.job_settings, stamp=stamp, suspend=False)
    name = manifest["metadata"]["name"]
    done = next((job for job in view.jobs if job.name == name), None)
    if done is not None:
        return _after(view, replace(state, job=name), done)
    if season.spec.suspend:
        return state if recorded else replace(state, stage="suspended")
    turn = view.plan_turn()
    manifest["spec"]["suspend"] = not turn
    return replace(
        state,
        stage=state.stage if recorded or turn else "waiting",
        actions=(*obsolete, CreateJob(manifest)),
        running=turn,
        job=name,
    )


def _let_finish(state: Planning, live: list[ObservedJob]) -> Planning:
    """No plan is needed any more: one that runs may end, one that waits need not begin."""
    waiting = [job for job in live if job.suspended and not job.deleting]
    return replace(
        state,
        actions=(*state.actions, *(DeleteJob(job, "its plan is recorded") for job in waiting)),
        running=len(live) > len(waiting),
    )


def _steer(view: View, state: Planning, job: ObservedJob) -> Planning:
    """A plan Job is there: it runs if it may."""
    asked_to_wait = view.season.spec.suspend
    if job.deleting:
        return replace(state, job=job.name)
    turn = not asked_to_wait and view.plan_turn()
    actions = state.actions
    if job.suspended == turn:
        actions = (*actions, PatchJob(job, suspend=not turn))
    stage = state.stage
    if stage != "planned" and not turn:
        stage = "suspended" if asked_to_wait else "waiting"
    return replace(state, stage=stage, actions=actions, running=turn, job=job.name)


def _after(view: View, state: Planning, job: ObservedJob) -> Planning:
    """The plan Job that is needed has ended, and the plan is not there."""
    if state.stage == "planned" and job.outcome == "Failed":
        return replace(state, problem=view.reason(job))
    if state.stage == "planned" or job.finished_at is None:
        return state
    if job.outcome == "Failed":
        failure = view.reason(job)
    elif view.now - job.finished_at > _LEDGER_GRACE:
        failure = (
            f"Job {job.name} ended well, but the API knows no plan of it: do the Jobs and the API "
            "use the same database?"
        )
    else:
        return state
    return replace(state, stage="failed", plan=structs.replace(state.plan, failure=failure))
