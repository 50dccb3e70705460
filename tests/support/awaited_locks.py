"""Threads that wait for a lock that the test holds in a separate transaction."""

import threading
import time

import sqlalchemy as sa

_AWAITED = sa.text(
    """
    SELECT count(*)
      FROM pg_stat_activity
     WHERE datname = current_database() AND wait_event_type = 'Lock'
    """
)


def wait_until_awaited(engine: sa.Engine, thread: threading.Thread) -> None:
    """Return when a session of this database waits for a lock; fail if the thread ends first."""
    deadline = time.monotonic() + 30
    # Within one transaction the view does not change.
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        while not connection.execute(_AWAITED).scalar():
            assert thread.is_alive(), "it did not wait"
            assert time.monotonic() < deadline, "it does not wait"
            time.sleep(0.01)
