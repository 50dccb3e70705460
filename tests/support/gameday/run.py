"""Runs one fault of a game day, from its start to the notification of its end."""

import time
from dataclasses import dataclass

from f1_devkit.cluster import charts
from f1_devkit.cluster.monitoring import Monitoring, Notification
from f1_devkit.kubernetes.kubectl import eventually
from gameday import runbooks
from gameday.faults import Fault, World


@dataclass(frozen=True)
class Outcome:
    """The outcome of a fault; times in seconds.

    Attributes:
        began: seconds since 1970.
        condition_s: duration of the fault until the alert's condition is true.
        fires_after: the longest `for` of the alert's rules.
        notified_after: time from the fault to its notification.
        resolved_after: time from its end to the notification of the end.
        notifications: all notifications during the fault, except heartbeats.
        ran: blocks of the runbook.
    """

    fault: Fault
    began: float
    condition_s: float
    fires_after: float
    notified_after: float
    resolved_after: float
    notifications: tuple[Notification, ...]
    ran: tuple[runbooks.Ran, ...]

    @property
    def beyond_for(self) -> float:
        """Delay of the notification beyond the alert's condition and `for`."""
        return self.notified_after - self.condition_s - self.fires_after


def run(
    fault: Fault, world: World, monitoring: Monitoring, *, divisor: float, patience_s: float
) -> Outcome:
    """Run a fault from its start to the notification of its end.

    Args:
        divisor: of the durations of the rules.
        patience_s: time limit of each step, in addition to the alert's `for`.

    Raises:
        TimeoutError: the fault is not reported, or does not resolve.
    """
    fires_after = max(
        rule["duration"] for rule in monitoring.rules() if rule["name"] == fault.alert
    )
    condition_s = 60 * fault.polls + fault.age_s / divisor
    before = len(notifications(monitoring))

    def sent(status: str, timeout: float) -> Notification:
        """The alert's notification, after all expected ones have arrived."""
        expected = {(*who, status) for who in fault.expected}

        def found() -> Notification | None:
            new = {
                (one.receiver, one.alert, one.status): one
                for one in notifications(monitoring)[before:]
            }
            return new[fault.receiver, fault.alert, status] if expected <= new.keys() else None

        return eventually(f"{expected} are sent", found, timeout=timeout, pause=1)

    began = time.time()
    fault.begin(world)
    try:
        firing = sent("firing", condition_s + fires_after + patience_s)
        ran = runbooks.run(fault.alert, "Diagnosis", world.kubectl, charts.RELEASE)
    finally:
        ended = time.time()
        if fault.end is not None:
            fault.end(world)
    ran += runbooks.run(fault.alert, "Remedy", world.kubectl, charts.RELEASE)
    resolved = sent("resolved", patience_s + 120)
    return Outcome(
        fault=fault,
        began=began,
        condition_s=condition_s,
        fires_after=fires_after,
        notified_after=firing.at - began,
        resolved_after=resolved.at - ended,
        notifications=tuple(notifications(monitoring)[before:]),
        ran=tuple(ran),
    )


def notifications(monitoring: Monitoring) -> list[Notification]:
    """The notifications that receivers got, except heartbeats."""
    return [one for one in monitoring.notifications() if one.receiver != "heartbeat"]
