"""Gauges of the ledger and of the request budgets; see f1_core.metrics.exporter."""

from collections import Counter
from collections.abc import Iterable, Iterator

from prometheus_client.core import GaugeMetricFamily
from sqlalchemy import Connection, text

from f1_core.ledger import unreadable
from f1_core.postgres.ledger import CAPTURE_STATES
from f1_core.postgres.queries import query


def _by(
    label: str, name: str, about: str, values: Iterable[tuple[str, float]]
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, about, labels=[label])
    for value, number in values:
        family.add_metric([value], number)
    return family


def read_ledger(connection: Connection) -> Iterator[GaugeMetricFamily]:
    """Captures and objects in S3, according to the ledger."""
    states: Counter[str] = Counter()
    newest: dict[str, float] = {}
    changed = 0
    for row in connection.execute(_CAPTURES):
        states[row.state] += row.captures
        newest[row.source] = max(row.newest, newest.get(row.source, row.newest))
        if row.state == "quarantined":
            changed += row.changed
    yield _by(
        "state",
        "f1_ledger_captures",
        "Captures in the ledger by state.",
        ((state, states[state]) for state in CAPTURE_STATES),
    )
    yield GaugeMetricFamily(
        "f1_ledger_oldest_open_seconds",
        "Age of the oldest capture that can be processed and was never processed, in "
        "seconds; 0: none.",
        value=float(connection.scalar(_OLDEST_OPEN) or 0),
    )
    yield _by(
        "source",
        "f1_source_newest_capture_timestamp_seconds",
        "Time of the newest capture of a source, in seconds since 1970.",
        newest.items(),
    )
    waiting: dict[str, int] = dict(connection.execute(_WAITING).all())
    yield _by(
        "state",
        "f1_ledger_waiting_slices",
        "Slices of captures, including archives, that wait for a decision or a later capture.",
        ((state, waiting.get(state, 0)) for state in ("held", "quarantined")),
    )
    yield GaugeMetricFamily(
        "f1_ledger_swept_timestamp_seconds",
        "End of the last full sweep over S3, in seconds since 1970; 0: none.",
        value=float(connection.scalar(_SWEPT) or 0),
    )
    yield GaugeMetricFamily(
        "f1_unreadable_objects",
        "Objects in S3 that sweeps skipped: neither captures nor decisions, or of "
        "another kind of data.",
        value=unreadable.count(connection),
    )
    yield GaugeMetricFamily(
        "f1_ledger_changed_objects",
        "Captures whose raw object was changed after it was read; their rows are kept.",
        value=changed,
    )


_BUDGET_GAUGES = {
    "spent": (
        "f1_budget_spent_requests",
        "Requests to a source that count towards its sliding hour now.",
    ),
    "per_window": (
        "f1_budget_limit_requests",
        "Requests to a source that its sliding hour allows.",
    ),
    "waiting": ("f1_budget_waiting", "Captures that wait for a request to a source."),
    "opens": (
        "f1_budget_opens_timestamp_seconds",
        "Time before which no request is sent to a source, in seconds since 1970.",
    ),
    "limited": (
        "f1_budget_rate_limited_since_timestamp_seconds",
        (
            "Time since which a source has responded with HTTP 429 only, in seconds since "
            "1970; 0: its last response was another one."
        ),
    ),
}
"""By the column of the query."""


def read_budgets(connection: Connection) -> Iterator[GaugeMetricFamily]:
    """The use of each source's request budget, and how many captures wait for it."""
    rows = connection.execute(_BUDGETS).mappings().all()
    for column, (name, about) in _BUDGET_GAUGES.items():
        known = ((row["source"], row[column]) for row in rows if row[column] is not None)
        yield _by("source", name, about, known)


# All figures that need every capture, in one pass: 100,000 take 40 ms.
_CAPTURES = query(__name__, "captures_by_state")
# Excludes captures that are processed again, and those that wait for one that does not exist.
_OLDEST_OPEN = query(__name__, "oldest_open")
_WAITING = query(__name__, "waiting_slices")
_BUDGETS = query(__name__, "budgets")
_SWEPT = text("SELECT extract(epoch FROM swept_at)::float FROM installation")
