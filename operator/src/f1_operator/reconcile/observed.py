"""The inputs of a decision about one Season, and the decision."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from f1_operator.api.progress import Progress
from f1_operator.jobs.observed import ObservedJob
from f1_operator.kube.actions import Action
from f1_operator.names import TASK_BACKFILL, TASK_REFRESH
from f1_operator.season.condition import ConditionValue
from f1_operator.season.resource import Condition, Season, Status
from f1_operator.settings import JobSettings


def no_slot() -> bool:
    """No plan slot is free."""
    return False


@dataclass(frozen=True)
class Observed:
    """A Season, its Jobs and its progress at one moment.

    Attributes:
        progress: from the API; None if the request failed or was not needed.
        api_problem: why the API is unreachable, after the patience for it.
        rival: the other Season that owns the same year, if any.
        plan_slot: takes a plan slot if one is free; called only if a plan Job is needed.
        reasons: by Job and round (0: the whole Job), the message of the pod that failed last.
        operator_namespace: where purge Jobs run.
        refused: why Kubernetes refused the actions of the decision before.
        namespace_terminating: Kubernetes creates no Jobs in the namespace any more.
    """

    season: Season
    now: datetime
    job_settings: JobSettings
    jobs: tuple[ObservedJob, ...] = ()
    progress: Progress | None = None
    api_problem: str | None = None
    rival: Season | None = None
    plan_slot: Callable[[], bool] = no_slot
    reasons: Mapping[tuple[str, int], str] = field(default_factory=dict)
    operator_namespace: str = "default"
    refused: str | None = None
    namespace_terminating: bool = False

    def of_task(self, *tasks: str) -> list[ObservedJob]:
        """The Jobs for these tasks, oldest first."""
        chosen = [job for job in self.jobs if job.task in tasks]
        return sorted(chosen, key=lambda job: (job.created_at, job.name))

    @property
    def fetch_jobs(self) -> list[ObservedJob]:
        """The backfill and refresh Jobs, oldest first."""
        return self.of_task(TASK_BACKFILL, TASK_REFRESH)

    def reason(self, job: ObservedJob, round_number: int = 0) -> str:
        """Why a Job failed for a round, or as a whole; a message for people."""
        message = self.reasons.get((job.name, round_number)) or self.reasons.get((job.name, 0))
        return message or job.message or "its pods failed; see their logs"

    def conditions(self, values: dict[str, ConditionValue]) -> tuple[Condition, ...]:
        """The Season's conditions with new values; lastTransitionTime changes with the status."""
        known = {one.type: one for one in self.season.status.conditions}
        generation = self.season.metadata.generation
        return tuple(
            value.condition(kind, known.get(kind), generation, self.now)
            for kind, value in values.items()
        )


@dataclass(frozen=True)
class Decision:
    """Actions and the new status.

    Attributes:
        at_work: progress changes without a change in Kubernetes: poll the API soon.
        planning: a plan Job of this Season runs, and holds a plan slot.
    """

    status: Status
    actions: tuple[Action, ...] = ()
    at_work: bool = False
    planning: bool = False
