"""Threads that wait for a lock which the test holds in a transaction of its own."""

import threading
import time

import sqlalchemy as sa

_AWAITED = sa.text(
    """
    SELECT count(*)
      FROM pg_locks
     WHERE NOT granted
       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    """
)


def wait_until_awaited(engine: sa.Engine, thread: threading.Thread) -> None:
    """Return when a session of this database waits for a lock; fail if the thread ends first."""
    deadline = time.monotonic() + 30
    with engine.connect() as connection:
        while not connection.execute(_AWAITED).scalar():
            assert thread.is_alive(), "it did not wait"
            assert time.monotonic() < deadline, "it does not wait"
            time.sleep(0.01)
