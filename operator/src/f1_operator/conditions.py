"""Conditions are made here alone: type, status, reason for programs, message for people."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from f1_operator.season import Condition

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
class Finding:
    """What is to be said under a condition's type; `holds` None is Unknown."""

    holds: bool | None
    reason: str
    message: str


def true(reason: str, message: str) -> Finding:
    """It holds."""
    return Finding(holds=True, reason=reason, message=message)


def false(reason: str, message: str) -> Finding:
    """It does not hold."""
    return Finding(holds=False, reason=reason, message=message)


def unknown(reason: str, message: str) -> Finding:
    """It could not be found out."""
    return Finding(holds=None, reason=reason, message=message)


def update(
    before: Sequence[Condition],
    findings: dict[str, Finding],
    *,
    generation: int,
    now: datetime,
) -> tuple[Condition, ...]:
    """The conditions that say `findings`; the time moves only where the status changes."""
    known = {one.type: one for one in before}
    return tuple(
        _condition(known.get(kind), kind, finding, generation, now)
        for kind, finding in findings.items()
    )


def _condition(
    before: Condition | None, kind: str, finding: Finding, generation: int, now: datetime
) -> Condition:
    status = _NAMES[finding.holds]
    unchanged = before is not None and before.status == status
    return Condition(
        type=kind,
        status=status,
        reason=finding.reason,
        message=_cut(finding.message),
        last_transition_time=before.last_transition_time if before and unchanged else now,
        observed_generation=generation,
    )


def _cut(message: str) -> str:
    return message if len(message) <= _LONGEST else message[: _LONGEST - 1] + "…"
