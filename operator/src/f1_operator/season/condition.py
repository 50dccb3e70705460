"""Condition types and values: status, reason for programs, message for people."""

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

    def condition(
        self, kind: str, before: Condition | None, generation: int, now: datetime
    ) -> Condition:
        """The condition of that type. `before` keeps its time if the status is the same."""
        status = _NAMES[self.holds]
        unchanged = before is not None and before.status == status
        message = self.message
        return Condition(
            type=kind,
            status=status,
            reason=self.reason,
            message=message if len(message) <= _LONGEST else message[: _LONGEST - 1] + "…",
            last_transition_time=before.last_transition_time if before and unchanged else now,
            observed_generation=generation,
        )


def true(reason: str, message: str) -> ConditionValue:
    """A condition that is True."""
    return ConditionValue(holds=True, reason=reason, message=message)


def false(reason: str, message: str) -> ConditionValue:
    """A condition that is False."""
    return ConditionValue(holds=False, reason=reason, message=message)


def unknown(reason: str, message: str) -> ConditionValue:
    """A condition that is Unknown."""
    return ConditionValue(holds=None, reason=reason, message=message)
