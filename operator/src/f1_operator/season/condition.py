"""Condition types and values: status, reason for programs, message for people."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from f1_operator.season.resource import Condition

PLANNED = "Planned"
INGESTED = "Ingested"
PROCESSED = "Processed"
READY = "Ready"
REFRESHED = "Refreshed"
RECONCILING = "Reconciling"
STALLED = "Stalled"

_NAMES: dict[bool | None, Literal["True", "False", "Unknown"]] = {
    True: "True",
    False: "False",
    None: "Unknown",
}
_LONGEST = 4000


@dataclass(frozen=True)
class ConditionValue:
    """Status, reason and message of a condition; `holds` None is Unknown."""

    holds: bool | None
    reason: str
    message: str


def true(reason: str, message: str) -> ConditionValue:
    """A condition that is True."""
    return ConditionValue(holds=True, reason=reason, message=message)


def false(reason: str, message: str) -> ConditionValue:
    """A condition that is False."""
    return ConditionValue(holds=False, reason=reason, message=message)


def unknown(reason: str, message: str) -> ConditionValue:
    """A condition that is Unknown."""
    return ConditionValue(holds=None, reason=reason, message=message)


def update(
    before: Sequence[Condition],
    values: dict[str, ConditionValue],
    *,
    generation: int,
    now: datetime,
) -> tuple[Condition, ...]:
    """The conditions with new values; lastTransitionTime changes only with the status."""
    known = {one.type: one for one in before}
    return tuple(
        _condition(known.get(kind), kind, value, generation, now) for kind, value in values.items()
    )


def _condition(
    before: Condition | None, kind: str, value: ConditionValue, generation: int, now: datetime
) -> Condition:
    status = _NAMES[value.holds]
    unchanged = before is not None and before.status == status
    return Condition(
        type=kind,
        status=status,
        reason=value.reason,
        message=_truncated(value.message),
        last_transition_time=before.last_transition_time if before and unchanged else now,
        observed_generation=generation,
    )


def _truncated(message: str) -> str:
    return message if len(message) <= _LONGEST else message[: _LONGEST - 1] + "…"
