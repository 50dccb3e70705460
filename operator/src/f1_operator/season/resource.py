"""The Season resource as typed, immutable values; crd/season.yaml describes each field."""

import hashlib
import json
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Literal

import msgspec
from msgspec import Struct

from f1_core.foreign import built
from f1_core.rounds import format_rounds, parse_rounds
from f1_operator import names
from f1_operator.season.durations import parse_duration

Phase = Literal["Pending", "Planning", "Backfilling", "Suspended", "Ready", "Degraded", "Failed"]


class Refresh(Struct, frozen=True, rename="camel"):
    """How a season is kept up to date; `never` disables either."""

    interval: str = "1d"
    corrections: str = "14d"

    @property
    def every(self) -> timedelta | None:
        """How often to refresh; None: never."""
        return parse_duration(self.interval)

    @property
    def corrections_for(self) -> timedelta | None:
        """How long after a race its corrections are fetched; None: never."""
        return parse_duration(self.corrections)


class Spec(Struct, frozen=True, rename="camel"):
    """The spec. Defaults are the CRD's."""

    year: int
    source: str = "jolpica"
    rounds: Any = "all"
    resources: tuple[str, ...] = ()
    parallelism: int = 2
    suspend: bool = False
    backoff_limit_per_round: int = 2
    refresh: Refresh = Refresh()
    active_deadline_seconds: int = 86400
    ttl_seconds_after_finished: int = 86400
    deletion_policy: Literal["Retain", "Purge"] = "Retain"
    priority_class_name: str | None = None

    @property
    def requested_rounds(self) -> frozenset[int] | None:
        """The requested rounds; None: all. Empty if `rounds` is invalid."""
        try:
            return self._read_rounds()
        except ValueError:
            return frozenset()

    @property
    def problem(self) -> str | None:
        """Why the spec is invalid although the CRD's schema accepts it; None: it is valid."""
        try:
            self._read_rounds()
        except ValueError as error:
            return str(error)
        return None

    def _read_rounds(self) -> frozenset[int] | None:
        """Parse a text, a number, or a list of both.

        Raises:
            ValueError: invalid; the message says what to write.
        """
        listed = isinstance(self.rounds, list)
        parts = self.rounds if listed else [self.rounds]
        if not parts or any(type(part) not in (int, str) for part in parts):
            raise ValueError(
                f"invalid rounds {self.rounds!r}: write all, or numbers and ranges from 1 to "
                '99, such as 5, 1-5, "1-5,7" or ["1-5", 7]'
            )
        rounds = parse_rounds(",".join(map(str, parts)).replace(" ", ""))
        if rounds is None and listed:
            raise ValueError(f"invalid rounds {self.rounds!r}: write all without a list")
        return rounds

    @property
    def rounds_text(self) -> str:
        """The rounds as commands take them: `all`, or `1-5,7`."""
        rounds = self.requested_rounds
        return "all" if rounds is None else format_rounds(rounds)

    def requests_round(self, round_number: int) -> bool:
        """Whether a round is requested."""
        rounds = self.requested_rounds
        return rounds is None or round_number in rounds


class FailedRound(Struct, frozen=True, rename="camel"):
    """A round that failed.

    Attributes:
        job: the Job that failed to fetch it; empty if the worker refused fetched data.
        attempt: of the Season when the Job failed; a new attempt retries it.
        tries: Jobs of this attempt that failed to fetch it.
    """

    round: int
    reason: str
    message: str = ""
    race: str = ""
    at: datetime | None = None
    job: str = ""
    attempt: str = ""
    tries: int = 1


class Rounds(Struct, frozen=True, rename="camel"):
    """Numbers of rounds by their state."""

    total: int = 0
    run: int = 0
    ingested: int = 0
    processed: int = 0
    failed: int = 0
    failures: tuple[FailedRound, ...] = ()


class Requests(Struct, frozen=True, rename="camel"):
    """Requests to the source: spent so far, and still needed."""

    spent: int = 0
    estimated: int = 0


class Plan(Struct, frozen=True, rename="camel"):
    """The plan that progress is measured against.

    Attributes:
        generation: the plan Job records its expectations under it. It is the Season's generation
            when the plan's inputs last changed, so suspend and parallelism need no new plan.
        inputs: a hash of those inputs.
        failure: why the plan Job of this attempt failed, kept after the Job is gone.
    """

    generation: int
    inputs: str
    attempt: str = ""
    failure: str | None = None


class Condition(Struct, frozen=True, rename="camel"):
    """A condition, as the Kubernetes API conventions define it."""

    type: str
    status: Literal["True", "False", "Unknown"]
    reason: str
    message: str
    last_transition_time: datetime
    observed_generation: int = 0


class Status(Struct, frozen=True, rename="camel"):
    """The status that the operator writes."""

    observed_generation: int = 0
    phase: Phase = "Pending"
    conditions: tuple[Condition, ...] = ()
    plan: Plan | None = None
    rounds: Rounds | None = None
    progress: str | None = None
    rows: int | None = None
    requests: Requests | None = None
    estimated_completion: datetime | None = None
    job: str | None = None
    active: int = 0
    selector: str | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    next_refresh: datetime | None = None

    def condition(self, kind: str) -> Condition | None:
        """The condition of that type; None: not set yet."""
        return next((one for one in self.conditions if one.type == kind), None)

    def is_true(self, kind: str) -> bool:
        """Whether that condition is True."""
        condition = self.condition(kind)
        return condition is not None and condition.status == "True"

    def as_json(self) -> dict[str, Any]:
        """For a patch, without fields that are None."""
        built: dict[str, Any] = _without_none(msgspec.to_builtins(self))
        return built


class Metadata(Struct, frozen=True, rename="camel"):
    """The fields of metadata that the operator uses."""

    name: str
    namespace: str
    uid: str
    resource_version: str
    creation_timestamp: datetime
    generation: int = 0
    deletion_timestamp: datetime | None = None
    finalizers: tuple[str, ...] = ()
    annotations: dict[str, str] = {}


@built
class Season(Struct, frozen=True, rename="camel", dict=True):
    """A Season as Kubernetes stores it."""

    metadata: Metadata
    spec: Spec
    status: Status = Status()

    @classmethod
    def read(cls, body: Any) -> "Season":
        """Read Kubernetes' object.

        Raises:
            msgspec.ValidationError: the object does not match the CRD.
        """
        try:
            return msgspec.convert(body, cls)
        except msgspec.ValidationError:
            # The status may be of another version, or edited by hand: it is written again.
            return msgspec.convert(body | {"status": {}}, cls)

    @property
    def key(self) -> str:
        """`namespace/name`."""
        return f"{self.metadata.namespace}/{self.metadata.name}"

    @property
    def deleting(self) -> bool:
        """Whether it is being deleted."""
        return self.metadata.deletion_timestamp is not None

    @cached_property
    def inputs(self) -> str:
        """A hash of what a plan depends on."""
        spec = self.spec
        return digest(spec.year, spec.source, spec.rounds_text, sorted(spec.resources))

    @cached_property
    def attempt(self) -> str:
        """A hash that changes with edits that may repair a failure, and the retry annotation."""
        spec = self.spec
        return digest(
            self.inputs,
            spec.backoff_limit_per_round,
            spec.active_deadline_seconds,
            spec.priority_class_name,
            self.metadata.annotations.get(names.RETRY, ""),
        )

    @property
    def plan(self) -> Plan:
        """The plan to measure progress against; a new attempt has no failure yet."""
        known = self.status.plan
        generation = self.metadata.generation
        if known is not None and known.inputs == self.inputs:
            if known.attempt == self.attempt:
                return known
            generation = known.generation
        return Plan(generation=generation, inputs=self.inputs, attempt=self.attempt)

    @property
    def seniority(self) -> tuple[datetime, str]:
        """Of several Seasons of one year, the one with the least value owns the year."""
        return (self.metadata.creation_timestamp, self.metadata.uid)


def digest(*parts: Any) -> str:
    """A hash of the parts: ten hexadecimal digits, valid in names and labels."""
    text = json.dumps(parts, separators=(",", ":"), sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:10]


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_none(item) for key, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [_without_none(item) for item in value]
    return value
