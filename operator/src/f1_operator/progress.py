"""What our API says of a season: the parts of `/seasons/{year}/status` that the operator reads.

Fields that the API adds are ignored; the ones read here are its contract with the operator.
"""

from datetime import UTC, date, datetime, time, timedelta

from msgspec import Struct, field

NEEDS_PERSON = frozenset({"held", "quarantined"})
WITH_WORKER = frozenset({"pending", "processing"})


class ResourceProgress(Struct, frozen=True, kw_only=True):
    """One resource of a race: what answers now, and the newest capture if that is another."""

    resource: str
    expected: bool
    state: str
    fetched_at: datetime | None = None
    seen_at: datetime | None = None
    capture: str | None = None
    newest_state: str | None = None
    newest_capture: str | None = None
    reason: str | None = None

    @property
    def missing(self) -> bool:
        """Expected, and not in S3."""
        return self.expected and self.state == "missing"

    @property
    def processed(self) -> bool:
        """It answers."""
        return self.state == "processed"

    @property
    def looked_at(self) -> datetime | None:
        """When the source was last asked for it; None: never, or what came is being worked on."""
        if WITH_WORKER & {self.state, self.newest_state}:
            return None
        return max((at for at in (self.fetched_at, self.seen_at) if at), default=None)


class RaceProgress(Struct, frozen=True, kw_only=True):
    """One race of the calendar."""

    race_id: str
    round: int
    name: str = ""
    date: date
    run: bool
    resources: list[ResourceProgress] = field(default_factory=list)

    @property
    def due(self) -> list[ResourceProgress]:
        """What was planned and exists by now; none: the race was not run when it was planned."""
        return [one for one in self.resources if one.expected and one.state != "not_due"]

    @property
    def missing(self) -> list[str]:
        """Resources expected and not in S3."""
        return [one.resource for one in self.resources if one.missing]

    @property
    def processed(self) -> bool:
        """All that is due answers."""
        return all(one.processed for one in self.due)

    @property
    def refused(self) -> list[ResourceProgress]:
        """What is in S3 and will not answer before a person, or another capture, says more."""
        return [one for one in self.due if one.state in NEEDS_PERSON]

    @property
    def over(self) -> datetime:
        """A time by which the race is over wherever it was."""
        return datetime.combine(self.date, time(), UTC) + timedelta(days=1)


class RequestProgress(Struct, frozen=True, kw_only=True):
    """Requests to the source."""

    spent: int = 0
    estimated: int = 0
    estimated_seconds: int | None = None


class Expectations(Struct, frozen=True, kw_only=True):
    """A plan that was recorded."""

    owner: str
    generation: int
    planned_at: datetime
    expected: int = 0


class Run(Struct, frozen=True, kw_only=True):
    """A run of ingest for this season."""

    kind: str
    started_at: datetime
    outcome: str | None = None
    detail: str | None = None


class Progress(Struct, frozen=True, kw_only=True):
    """How far a season is."""

    races: list[RaceProgress] = field(default_factory=list)
    rows: dict[str, int | None] = field(default_factory=dict)
    requests: RequestProgress = RequestProgress()
    expectations: list[Expectations] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)

    def plan(self, owner: str, generation: int) -> Expectations | None:
        """The plan of that owner and generation, if it was recorded."""
        for plan in self.expectations:
            if (plan.owner, plan.generation) == (owner, generation):
                return plan
        return None

    @property
    def total_rows(self) -> int:
        """Rows of all resources."""
        return sum(count or 0 for count in self.rows.values())

    @property
    def source_away(self) -> str | None:
        """What the last run said, if it ended because the source did not answer."""
        finished = [run for run in self.runs if run.outcome is not None]
        if not finished:
            return None
        last = max(finished, key=lambda run: run.started_at)
        return (last.detail or "no answer") if last.outcome == "source_unavailable" else None
