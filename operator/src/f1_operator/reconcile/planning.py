"""The plan Job: start it, suspend it or report its failure until a plan is recorded."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from msgspec import structs

from f1_operator import names
from f1_operator.jobs.manifests import plan_job
from f1_operator.jobs.observed import ObservedJob
from f1_operator.kube.actions import Action, CreateJob, DeleteJob, PatchJob
from f1_operator.reconcile.observed import Observed
from f1_operator.season.resource import Plan

_PLAN_GRACE = timedelta(seconds=30)
"""For so long after a plan Job's end the API may lack its plan."""

Stage = Literal["planned", "planning", "waiting", "suspended", "failed"]


@dataclass(frozen=True)
class Planning:
    """The state of the plan.

    Attributes:
        stage: `planned` once it is recorded, whatever a newer plan Job does.
        plan: for the Season's status; it keeps the failure when the Job is gone.
        running: a plan Job holds a plan slot.
        job: the plan Job that runs or is needed.
        problem: why the plan that should replace the recorded one failed.
        unrecorded: the plan Job that is needed has succeeded, and the API does not show its plan.
    """

    stage: Stage
    plan: Plan
    actions: tuple[Action, ...] = ()
    running: bool = False
    job: str | None = None
    problem: str = ""
    unrecorded: bool = False


def plan_stamp(observed: Observed, planned_at: datetime, every: timedelta) -> str:
    """Identifies the plan that replaces a recorded one: one attempt in each interval."""
    count = (observed.now - planned_at) // every
    return f"{planned_at.isoformat()} {count}"


def planning(observed: Observed, *, recorded: bool, stamp: str | None) -> Planning:
    """Decide about the plan Job.

    Args:
        observed: the Season.
        recorded: the API has the plan.
        stamp: of the plan Job that is needed, empty for a first one; None: no Job is needed.
    """
    season, plan = observed.season, observed.season.plan
    live = [job for job in observed.of_task(names.TASK_PLAN) if not job.finished]
    obsolete = tuple(
        DeleteJob(job, "the Season's spec changed since")
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
        return _steer(observed, state, live[-1])
    manifest = plan_job(season, observed.job_settings, stamp=stamp, suspend=False)
    name = manifest["metadata"]["name"]
    done = next((job for job in observed.jobs if job.name == name), None)
    state = replace(state, unrecorded=done is not None and done.outcome == "Complete")
    if plan.failure is not None:
        return replace(state, stage="failed")
    if done is not None:
        return _after(observed, replace(state, job=name), done)
    if season.spec.suspend:
        return state if recorded else replace(state, stage="suspended")
    may_run = observed.plan_slot()
    manifest["spec"]["suspend"] = not may_run
    return replace(
        state,
        stage=state.stage if recorded or may_run else "waiting",
        actions=(*obsolete, CreateJob(manifest)),
        running=may_run,
        job=name,
    )


def _let_finish(state: Planning, live: list[ObservedJob]) -> Planning:
    """No plan is needed: let a running Job end, delete one that waits."""
    waiting = [job for job in live if job.suspended and not job.deleting]
    return replace(
        state,
        actions=(*state.actions, *(DeleteJob(job, "its plan is recorded") for job in waiting)),
        running=len(live) > len(waiting),
    )


def _steer(observed: Observed, state: Planning, job: ObservedJob) -> Planning:
    """A plan Job exists: run it if a slot is free."""
    paused = observed.season.spec.suspend
    if job.deleting:
        return replace(state, job=job.name)
    may_run = not paused and observed.plan_slot()
    actions = state.actions
    if job.suspended == may_run:
        actions = (*actions, PatchJob(job, suspend=not may_run))
    stage = state.stage
    if stage != "planned" and not may_run:
        stage = "suspended" if paused else "waiting"
    return replace(state, stage=stage, actions=actions, running=may_run, job=job.name)


def _after(observed: Observed, state: Planning, job: ObservedJob) -> Planning:
    """The plan Job that is needed has ended, and the plan is not recorded."""
    if state.stage == "planned" and job.outcome == "Failed":
        return replace(state, problem=observed.reason(job))
    if state.stage == "planned" or job.finished_at is None:
        return state
    if job.outcome == "Failed":
        failure = observed.reason(job)
    elif observed.now - job.finished_at > _PLAN_GRACE:
        failure = (
            f"Job {job.name} succeeded, but the API has no plan of it: check that the Jobs and the "
            "API use the same database"
        )
    else:
        return state
    return replace(state, stage="failed", plan=structs.replace(state.plan, failure=failure))
