"""The fields of our API's `/seasons/{year}/status` that the operator reads.

Other fields are ignored; these are the contract between API and operator.
"""

from datetime import UTC, date, datetime, time, timedelta

from msgspec import Struct, field

from f1_core.foreign import built

NEEDS_PERSON = frozenset({"held", "quarantined"})
WITH_WORKER = frozenset({"pending", "processing"})


class ResourceProgress(Struct, frozen=True, kw_only=True):
    """One resource of a race: the capture that is served, and the newest one if it differs."""

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
        """Whether it is expected and not in S3."""
        return self.expected and self.state == "missing"

    @property
    def processed(self) -> bool:
        """Whether it is served."""
        return self.state == "processed"

    @property
    def confirmed_at(self) -> datetime | None:
        """When it was last fetched or confirmed; None: never, or a capture is pending."""
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
        """Resources that are expected by now; empty if the race was to come when it was planned."""
        return [one for one in self.resources if one.expected and one.state != "not_due"]

    @property
    def missing(self) -> list[str]:
        """Resources that are expected and not in S3."""
        return [one.resource for one in self.resources if one.missing]

    @property
    def processed(self) -> bool:
        """Whether all resources that are due are served."""
        return all(one.processed for one in self.due)

    @property
    def needs_person(self) -> list[ResourceProgress]:
        """Resources that are held or quarantined: a person or another capture must resolve them."""
        return [one for one in self.due if one.state in NEEDS_PERSON]

    @property
    def over(self) -> datetime:
        """A time at which the race is over in each time zone."""
        return datetime.combine(self.date, time(), UTC) + timedelta(days=1)


class RequestProgress(Struct, frozen=True, kw_only=True):
    """Requests to the source."""

    spent: int = 0
    estimated: int = 0
    estimated_seconds: int | None = None


class Expectations(Struct, frozen=True, kw_only=True):
    """A recorded plan."""

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


@built
class Progress(Struct, frozen=True, kw_only=True):
    """Progress of a season."""

    races: list[RaceProgress] = field(default_factory=list)
    rows: dict[str, int | None] = field(default_factory=dict)
    requests: RequestProgress = RequestProgress()
    expectations: list[Expectations] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)

    def plan(self, owner: str, generation: int) -> Expectations | None:
        """The recorded plan of that owner and generation; None: not recorded."""
        for plan in self.expectations:
            if (plan.owner, plan.generation) == (owner, generation):
                return plan
        return None

    @property
    def total_rows(self) -> int:
        """Rows of all resources."""
        return sum(count or 0 for count in self.rows.values())

    @property
    def source_unavailable(self) -> str | None:
        """The last run's message, if it ended because the source is unavailable."""
        finished = [run for run in self.runs if run.outcome is not None]
        if not finished:
            return None
        last = max(finished, key=lambda run: run.started_at)
        return (last.detail or "no response") if last.outcome == "source_unavailable" else None
