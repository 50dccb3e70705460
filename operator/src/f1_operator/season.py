"""The Season resource as typed, immutable values; crd/season.yaml describes each field."""

import hashlib
import json
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Literal

import msgspec
from msgspec import Struct

from f1_core.rounds import format_rounds, parse_rounds
from f1_operator import names
from f1_operator.durations import parse_duration

Phase = Literal["Pending", "Planning", "Backfilling", "Suspended", "Ready", "Degraded", "Failed"]


class Refresh(Struct, frozen=True, rename="camel"):
    """How a season is kept up to date; both None mean never."""

    interval: str = "1d"
    corrections: str = "14d"

    @property
    def every(self) -> timedelta | None:
        """How often to look."""
        return parse_duration(self.interval)

    @property
    def corrections_for(self) -> timedelta | None:
        """How long after a race its data may be corrected."""
        return parse_duration(self.corrections)


class Spec(Struct, frozen=True, rename="camel"):
    """What a person asked for. Defaults are the CRD's."""

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
    def wanted_rounds(self) -> frozenset[int] | None:
        """The rounds asked for; None: all there are. None is wanted of what cannot be read."""
        try:
            return self._read_rounds()
        except ValueError:
            return frozenset()

    @property
    def problem(self) -> str | None:
        """What the schema lets through and cannot be read, and what to write; None: nothing."""
        try:
            self._read_rounds()
        except ValueError as error:
            return str(error)
        return None

    def _read_rounds(self) -> frozenset[int] | None:
        """A text, a number, or a list of both.

        Raises:
            ValueError: with a message that says what to write.
        """
        listed = isinstance(self.rounds, list)
        parts = self.rounds if listed else [self.rounds]
        if not parts or any(type(part) not in (int, str) for part in parts):
            raise ValueError(
                f"cannot read rounds {self.rounds!r}: write all, or numbers and ranges from 1 to "
                '99, such as 5, 1-5, "1-5,7" or ["1-5", 7]'
            )
        wanted = parse_rounds(",".join(map(str, parts)).replace(" ", ""))
        if wanted is None and listed:
            raise ValueError(f"cannot read rounds {self.rounds!r}: write all without a list")
        return wanted

    @property
    def rounds_text(self) -> str:
        """The rounds as commands take them: `all`, or `1-5,7`."""
        wanted = self.wanted_rounds
        return "all" if wanted is None else format_rounds(wanted)

    def wants(self, round_number: int) -> bool:
        """Whether a round is among those asked for."""
        wanted = self.wanted_rounds
        return wanted is None or round_number in wanted


class FailedRound(Struct, frozen=True, rename="camel"):
    """A round that needs a person, or the next refresh.

    Attributes:
        job: the Job that gave up on it; empty if its data was fetched and the worker refused it.
        attempt: of the Season when the Job failed; another attempt tries again.
        tries: Jobs of this attempt that gave up on it.
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
    """Rounds by where they stand."""

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
    """Which plan progress is counted against.

    Attributes:
        generation: under which the plan Job records its expectations: that of the Season when the
            plan's inputs last changed, so that suspend and parallelism need no new plan.
        inputs: a hash of those inputs.
        failure: why the plan Job of this attempt gave up, kept after the Job is gone.
    """

    generation: int
    inputs: str
    attempt: str = ""
    failure: str | None = None


class Condition(Struct, frozen=True, rename="camel"):
    """A condition as Kubernetes has them."""

    type: str
    status: Literal["True", "False", "Unknown"]
    reason: str
    message: str
    last_transition_time: datetime
    observed_generation: int = 0


class Status(Struct, frozen=True, rename="camel"):
    """What the operator says of a Season."""

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
        """The condition of that type, if it was ever set."""
        return next((one for one in self.conditions if one.type == kind), None)

    def is_true(self, kind: str) -> bool:
        """Whether that condition is True."""
        condition = self.condition(kind)
        return condition is not None and condition.status == "True"

    def as_json(self) -> dict[str, Any]:
        """For a patch: what is None or empty is left out."""
        built: dict[str, Any] = _without_nothing(msgspec.to_builtins(self))
        return built


class Metadata(Struct, frozen=True, rename="camel"):
    """The parts of an object's metadata that matter here."""

    name: str
    namespace: str
    uid: str
    resource_version: str
    creation_timestamp: datetime
    generation: int = 0
    deletion_timestamp: datetime | None = None
    finalizers: tuple[str, ...] = ()
    annotations: dict[str, str] = {}


class Season(Struct, frozen=True, rename="camel", dict=True):
    """A Season as Kubernetes has it."""

    metadata: Metadata
    spec: Spec
    status: Status = Status()

    @classmethod
    def read(cls, body: Any) -> "Season":
        """Read Kubernetes' object.

        Raises:
            msgspec.ValidationError: it is none, or of a shape that the CRD does not allow.
        """
        try:
            return msgspec.convert(body, cls)
        except msgspec.ValidationError:
            # A status that a person or another version wrote is no reason to leave a Season alone.
            return msgspec.convert(body | {"status": {}}, cls)

    @property
    def key(self) -> str:
        """`namespace/name`."""
        return f"{self.metadata.namespace}/{self.metadata.name}"

    @property
    def deleting(self) -> bool:
        """Whether it was asked to go."""
        return self.metadata.deletion_timestamp is not None

    @cached_property
    def inputs(self) -> str:
        """A hash of what a plan depends on."""
        spec = self.spec
        return digest(spec.year, spec.source, spec.rounds_text, sorted(spec.resources))

    @cached_property
    def attempt(self) -> str:
        """A hash that changes when a person edits what may help, or asks for another try."""
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
        """The plan to count against; without its failure if this is a new attempt."""
        known = self.status.plan
        generation = self.metadata.generation
        if known is not None and known.inputs == self.inputs:
            if known.attempt == self.attempt:
                return known
            generation = known.generation
        return Plan(generation=generation, inputs=self.inputs, attempt=self.attempt)

    @property
    def seniority(self) -> tuple[datetime, str]:
        """Of two Seasons of one year, the lesser owns it."""
        return (self.metadata.creation_timestamp, self.metadata.uid)


def digest(*parts: Any) -> str:
    """Ten hexadecimal digits that change with the parts; fit for names and labels."""
    text = json.dumps(parts, separators=(",", ":"), sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:10]


def _without_nothing(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nothing(item) for key, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [_without_nothing(item) for item in value]
    return value
