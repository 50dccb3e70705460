"""The decision: what should be, compared with what is, from scratch each time.

It is a pure function. What was missed, in which order things happened and what was decided before
do not matter; doing what it says and deciding again says nothing more (a test holds that).
"""

from f1_operator import names
from f1_operator.actions import Action, DeleteJob, SetFinalizers
from f1_operator.deletion import decide_deletion
from f1_operator.fetching import fetching
from f1_operator.planning import plan_stamp, planning
from f1_operator.report import report_blocked, report_progress, report_unknown, report_unreadable
from f1_operator.standing import Standing
from f1_operator.view import Decision, View
from f1_operator.work import Work, survey


def decide(view: View) -> Decision:
    """What to do about one Season, and what to say of it."""
    if view.season.deleting:
        return decide_deletion(view)
    if view.rival is not None:
        return _wait_for_rival(view, view.rival.key)
    finalizers = _finalizers(view)
    if view.season.spec.problem is not None:
        return Decision(report_unreadable(view, view.season.spec.problem), actions=finalizers)
    if view.progress is None:
        return _without_api(view, finalizers)
    season = view.season
    recorded = view.progress.plan(season.metadata.uid, season.plan.generation)
    every = season.spec.refresh.every
    work: Work | None = None
    stamp: str | None = ""
    if recorded is not None:
        work = survey(view, recorded.planned_at)
        replan = work.replan and every is not None
        stamp = plan_stamp(view, recorded.planned_at, every) if replan and every else None
    plan = planning(view, recorded=recorded is not None, stamp=stamp)
    fetch = fetching(view, work)
    standing = Standing(view, plan, fetch, work)
    return Decision(
        status=report_progress(standing),
        actions=(*finalizers, *plan.actions, *fetch.actions),
        at_work=standing.at_work,
        planning=plan.running,
    )


def _finalizers(view: View) -> tuple[Action, ...]:
    """Only a Season whose rows are to be removed has one, and only while it owns its year."""
    has = view.season.metadata.finalizers
    others = tuple(one for one in has if one != names.FINALIZER)
    wanted = view.season.spec.deletion_policy == "Purge" and view.rival is None
    if wanted == (names.FINALIZER in has):
        return ()
    return (SetFinalizers((*others, names.FINALIZER) if wanted else others),)


def _wait_for_rival(view: View, rival: str) -> Decision:
    stop = tuple(
        DeleteJob(job, f"the year is {rival}'s")
        for job in view.jobs
        if not job.finished and not job.deleting
    )
    return Decision(status=report_blocked(view, rival), actions=(*_finalizers(view), *stop))


def _without_api(view: View, finalizers: tuple[Action, ...]) -> Decision:
    """Pause, resume and narrow what runs; start nothing, since it is not known what is missing."""
    fetch = fetching(view, None)
    running = [
        job
        for job in view.of_task(names.TASK_PLAN)
        if not job.finished and not job.suspended and not job.deleting
    ]
    return Decision(
        status=report_unknown(view, fetch),
        actions=(*finalizers, *fetch.actions),
        at_work=True,
        planning=bool(running),
    )
