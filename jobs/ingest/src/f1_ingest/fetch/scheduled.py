"""The time for which a CronJob scheduled a run, from the name that Kubernetes gives its Job."""

import re
from datetime import UTC, datetime, timedelta

_MINUTES = re.compile(r"-(\d{8})\Z")
_EARLY, _LATE = timedelta(minutes=5), timedelta(days=1)


def scheduled_for(job: str, now: datetime) -> datetime | None:
    """The minute at the end of a Job's name, counted from 1970; None if it is not a CronJob's.

    A person may name a Job with any number, so it has to be a minute of the last day.

    >>> scheduled_for("f1-poll-29123456", datetime(2025, 5, 16, 15, 0, tzinfo=UTC))
    datetime.datetime(2025, 5, 16, 14, 56, tzinfo=datetime.timezone.utc)
    >>> scheduled_for("f1-poll-20250516", datetime(2025, 5, 16, 15, 0, tzinfo=UTC))
    """
    found = _MINUTES.search(job)
    if found is None:
        return None
    at = datetime.fromtimestamp(int(found[1]) * 60, UTC)
    return at if now - _LATE < at < now + _EARLY else None
