"""How a Season stands: what its plan, its Jobs and its data come to."""

from dataclasses import dataclass
from functools import cached_property

from f1_operator.fetching import Fetching
from f1_operator.planning import Planning
from f1_operator.season import Phase, Rounds, Season
from f1_operator.view import View
from f1_operator.work import LATE, Work


@dataclass(frozen=True)
class Standing:
    """A Season whose data could be asked for."""

    view: View
    plan: Planning
    fetch: Fetching
    work: Work | None

    @property
    def season(self) -> Season:
        """Which."""
        return self.view.season

    @cached_property
    def counts(self) -> Rounds:
        """Rounds by where they stand."""
        work = self.work or Work()
        return Rounds(
            total=len(work.races),
            run=len(work.run),
            ingested=work.ingested,
            processed=work.processed,
            failed=sum(1 for one in work.failures if one.reason != LATE),
            failures=work.failures,
        )

    @property
    def planned(self) -> bool:
        """The plan is recorded, and the calendar that it speaks of is in Postgres."""
        return self.plan.stage == "planned"

    @cached_property
    def ready(self) -> bool:
        """Every run round answers."""
        counts = self.counts
        return self.planned and counts.total > 0 and counts.processed == counts.run

    @property
    def suspended(self) -> bool:
        """A person paused it."""
        return self.season.spec.suspend

    @property
    def fetching(self) -> bool:
        """A Job of it may fetch now."""
        return self.fetch.job is not None and not self.fetch.suspended

    @property
    def at_work(self) -> bool:
        """It goes on by itself: something will change that Kubernetes does not tell of."""
        if self.plan.stage == "failed":
            return False
        if self.suspended:
            return self.planned and self.with_worker
        if not self.planned:
            return True
        return self.fetching or self.plan.running or (not self.ready and not self.given_up)

    @property
    def with_worker(self) -> bool:
        """Captures wait for the worker, and will be processed without another fetch."""
        counts = self.counts
        refused = sum(1 for one in counts.failures if not one.job)
        return counts.processed + refused < counts.ingested or counts.total == 0

    @property
    def given_up(self) -> bool:
        """All that does not answer failed, so that a person is needed."""
        counts = self.counts
        return counts.failed > 0 and counts.processed + len(counts.failures) >= counts.run

    @property
    def phase(self) -> Phase:
        """The summary."""
        if self.suspended:
            return "Suspended"
        if self.plan.stage == "failed":
            return "Failed"
        if not self.planned:
            return "Pending" if self.plan.stage == "waiting" else "Planning"
        if self.ready:
            return "Ready"
        if self.given_up and not self.fetching:
            return "Degraded" if self.counts.processed else "Failed"
        return "Backfilling"
