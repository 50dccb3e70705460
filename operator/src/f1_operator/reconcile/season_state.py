"""The state of a Season, derived from its plan, its Jobs and the gap."""

from dataclasses import dataclass
from functools import cached_property

from f1_operator.reconcile.fetching import Fetching
from f1_operator.reconcile.gap import LATE, Gap
from f1_operator.reconcile.observed import Observed
from f1_operator.reconcile.planning import Planning
from f1_operator.season.resource import Phase, Rounds, Season


@dataclass(frozen=True)
class SeasonState:
    """The state of a Season whose progress is known."""

    observed: Observed
    plan: Planning
    fetch: Fetching
    gap: Gap | None

    @property
    def season(self) -> Season:
        """The Season."""
        return self.observed.season

    @cached_property
    def counts(self) -> Rounds:
        """Numbers of rounds by their state."""
        gap = self.gap or Gap()
        return Rounds(
            total=len(gap.races),
            run=len(gap.run),
            ingested=gap.ingested,
            processed=gap.processed,
            failed=sum(1 for one in gap.failures if one.reason != LATE),
            failures=gap.failures,
        )

    @property
    def planned(self) -> bool:
        """Whether the plan is recorded."""
        return self.plan.stage == "planned"

    @cached_property
    def ready(self) -> bool:
        """Whether each run round is served."""
        counts = self.counts
        return self.planned and counts.total > 0 and counts.processed == counts.run

    @property
    def suspended(self) -> bool:
        """Whether spec.suspend is set."""
        return self.season.spec.suspend

    @property
    def fetching(self) -> bool:
        """Whether a Job fetches now."""
        return self.fetch.job is not None and not self.fetch.suspended

    @property
    def at_work(self) -> bool:
        """Whether progress changes without a change in Kubernetes: poll the API."""
        if self.plan.stage == "failed":
            return self.plan.unrecorded
        if self.suspended:
            return self.planned and self.with_worker
        if not self.planned:
            return True
        return self.fetching or self.plan.running or (not self.ready and not self.given_up)

    @property
    def with_worker(self) -> bool:
        """Whether captures wait for the worker."""
        counts = self.counts
        refused = sum(1 for one in counts.failures if not one.job)
        return counts.processed + refused < counts.ingested or counts.total == 0

    @property
    def given_up(self) -> bool:
        """Whether each round that is not served has failed: only a person can go on."""
        counts = self.counts
        return counts.failed > 0 and counts.processed + len(counts.failures) >= counts.run

    @property
    def phase(self) -> Phase:
        """The phase, for people."""
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
