"""The decision about a Season: actions and status from what was observed.

It is a pure function of the present state: missed changes, their order and earlier decisions do
not matter. After its actions, it decides on no further ones (a test checks that).
"""

from f1_operator import names
from f1_operator.kube.actions import Action, DeleteJob, SetFinalizers
from f1_operator.reconcile.deletion import decide_deletion
from f1_operator.reconcile.fetching import fetching
from f1_operator.reconcile.gap import Gap, find_gap
from f1_operator.reconcile.observed import Decision, Observed
from f1_operator.reconcile.planning import plan_stamp, planning
from f1_operator.reconcile.season_state import SeasonState
from f1_operator.reconcile.status import (
    report_blocked,
    report_progress,
    report_unknown,
    report_unreadable,
)


def decide(observed: Observed) -> Decision:
    """Actions and status for one Season."""
    if observed.season.deleting:
        return decide_deletion(observed)
    if observed.rival is not None:
        return _wait_for_rival(observed, observed.rival.key)
    finalizers = _finalizers(observed)
    if observed.season.spec.problem is not None:
        return Decision(
            report_unreadable(observed, observed.season.spec.problem), actions=finalizers
        )
    if observed.progress is None:
        return _without_api(observed, finalizers)
    season = observed.season
    recorded = observed.progress.plan(season.metadata.uid, season.plan.generation)
    every = season.spec.refresh.every
    gap: Gap | None = None
    stamp: str | None = ""
    if recorded is not None:
        gap = find_gap(observed, recorded.planned_at)
        replan = gap.replan and every is not None
        stamp = plan_stamp(observed, recorded.planned_at, every) if replan and every else None
    plan = planning(observed, recorded=recorded is not None, stamp=stamp)
    fetch = fetching(observed, gap)
    state = SeasonState(observed, plan, fetch, gap)
    return Decision(
        status=report_progress(state),
        actions=(*finalizers, *plan.actions, *fetch.actions),
        at_work=state.at_work,
        planning=plan.running,
    )


def _finalizers(observed: Observed) -> tuple[Action, ...]:
    """A Season has our finalizer only with deletionPolicy Purge, and while it owns its year."""
    has = observed.season.metadata.finalizers
    others = tuple(one for one in has if one != names.FINALIZER)
    needed = observed.season.spec.deletion_policy == "Purge" and observed.rival is None
    if needed == (names.FINALIZER in has):
        return ()
    return (SetFinalizers((*others, names.FINALIZER) if needed else others),)


def _wait_for_rival(observed: Observed, rival: str) -> Decision:
    stop = tuple(
        DeleteJob(job, f"Season {rival} owns the year")
        for job in observed.jobs
        if not job.finished and not job.deleting
    )
    return Decision(status=report_blocked(observed, rival), actions=(*_finalizers(observed), *stop))


def _without_api(observed: Observed, finalizers: tuple[Action, ...]) -> Decision:
    """Suspend, resume and scale Jobs; start none, since the gap is unknown."""
    fetch = fetching(observed, None)
    running = [
        job
        for job in observed.of_task(names.TASK_PLAN)
        if not job.finished and not job.suspended and not job.deleting
    ]
    return Decision(
        status=report_unknown(observed, fetch),
        actions=(*finalizers, *fetch.actions),
        at_work=True,
        planning=bool(running),
    )
