"""Service levels, from counts in Postgres and in this process."""

from typing import NamedTuple

from f1_api.metrics import Metrics
from f1_api.postgres.pool import Snapshot
from f1_api.status.objective_models import Answers, Objectives, ProcessingLag, ScheduledRuns


def read(snapshot: Snapshot, metrics: Metrics) -> Objectives:
    """Read them; a level without counts is null."""
    runs, on_time, source_unavailable = snapshot.rows("runs_on_time")[0]
    counted = runs - source_unavailable
    now_s, captures, p95_s = snapshot.rows("processing_lag")[0]
    answered = metrics.answered()
    return Objectives(
        scheduled_runs=ScheduledRuns(
            runs=runs,
            on_time=on_time,
            source_unavailable=source_unavailable,
            ratio=on_time / counted if counted else None,
        ),
        processing_lag=ProcessingLag(
            now_seconds=_rounded(now_s), captures=captures, p95_seconds=_rounded(p95_s)
        ),
        answers=Answers(
            since=metrics.started_at,
            requests=answered.requests,
            p95_ms=_rounded(answered.p95_ms),
            error_ratio=answered.errors / answered.requests if answered.requests else None,
        ),
    )


class Line(NamedTuple):
    """A row of the table of service levels. `target` None: there is no objective."""

    name: str
    measured: float | None
    target: float | None
    unit: str
    over: str

    @property
    def met(self) -> bool | None:
        """Whether the objective is met; None: no data yet, or no objective."""
        if self.measured is None or self.target is None:
            return None
        return (
            self.measured >= self.target if self.unit == "ratio" else self.measured <= self.target
        )


def lines(found: Objectives) -> list[Line]:
    """The table of service levels."""
    runs, lag, answers = found.scheduled_runs, found.processing_lag, found.answers
    of_runs = f"{_many(runs.runs - runs.source_unavailable, 'run')} in 28 days"
    of_answers = f"{_many(answers.requests, 'answer')} of this process"
    most_s, most_ms = lag.objective_seconds, answers.objective_ms
    return [
        Line("scheduled ingest runs on time", runs.ratio, runs.objective, "ratio", of_runs),
        Line("processing lag, p95", lag.p95_seconds, most_s, "s", _many(lag.captures, "capture")),
        Line("processing lag, now", lag.now_seconds, most_s, "s", "oldest pending capture"),
        Line("answers, p95", answers.p95_ms, most_ms, "ms", of_answers),
        Line("responses that are errors", answers.error_ratio, None, "ratio", of_answers),
    ]


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def _many(number: int, what: str) -> str:
    """A number of things.

    >>> _many(1, "run"), _many(0, "run")
    ('1 run', '0 runs')
    """
    return f"{number} {what}{'' if number == 1 else 's'}"
