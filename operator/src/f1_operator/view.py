"""All that a decision about one Season is made from, and what it comes to."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from f1_operator.actions import Action
from f1_operator.jobs import ObservedJob
from f1_operator.names import TASK_BACKFILL, TASK_REFRESH
from f1_operator.progress import Progress
from f1_operator.season import Season, Status
from f1_operator.settings import JobSettings


def no_turn() -> bool:
    """For a Season whose plan has to wait."""
    return False


@dataclass(frozen=True)
class View:
    """A Season, its Jobs and its data, as they are now.

    Attributes:
        progress: what the API says; None if it did not answer, or was not asked.
        api_problem: why it did not answer, once it has been silent for too long.
        rival: the Season that owns the same year, if that is another one.
        plan_turn: whether a plan Job of this Season may run now; asked only if it needs one.
        reasons: by Job and round (0: the Job as a whole), what its failed pods said last.
        operator_namespace: where purge Jobs run.
        refused: why Kubernetes did not take what was decided.
        namespace_going: nothing can be created in the namespace that a Job was meant for.
    """

    season: Season
    now: datetime
    job_settings: JobSettings
    jobs: tuple[ObservedJob, ...] = ()
    progress: Progress | None = None
    api_problem: str | None = None
    rival: Season | None = None
    plan_turn: Callable[[], bool] = no_turn
    reasons: Mapping[tuple[str, int], str] = field(default_factory=dict)
    operator_namespace: str = "default"
    refused: str | None = None
    namespace_going: bool = False

    def of_task(self, *tasks: str) -> list[ObservedJob]:
        """Its Jobs for these tasks, oldest first."""
        chosen = [job for job in self.jobs if job.task in tasks]
        return sorted(chosen, key=lambda job: (job.created_at, job.name))

    @property
    def fetch_jobs(self) -> list[ObservedJob]:
        """Its backfill and refresh Jobs, oldest first."""
        return self.of_task(TASK_BACKFILL, TASK_REFRESH)

    def reason(self, job: ObservedJob, round_number: int = 0) -> str:
        """Why a Job gave up on a round, or as a whole, for a person."""
        said = self.reasons.get((job.name, round_number)) or self.reasons.get((job.name, 0))
        return said or job.message or "its pods failed; see their logs"


@dataclass(frozen=True)
class Decision:
    """What to do, and what to say.

    Attributes:
        at_work: something changes without Kubernetes telling: ask the API again soon.
        planning: a plan Job of this Season runs, and takes one of the turns.
    """

    status: Status
    actions: tuple[Action, ...] = ()
    at_work: bool = False
    planning: bool = False
