"""Statements that are sent together have the same effect as sent one by one."""

import threading
import time

import pytest
import sqlalchemy as sa
from sqlalchemy import text

from f1_core.postgres.database import is_deadlock, is_outage
from f1_worker.queue.statements import Statements

ADD = text("INSERT INTO seen VALUES (:what)")
COUNT = text("SELECT count(*), max(what) FROM seen")
LOCK = text("SELECT pg_advisory_xact_lock(1)")


@pytest.fixture(autouse=True)
def _table(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE seen (what text)"))


def test_buffered_statements_are_executed_before_a_query(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        statements = Statements(connection)
        statements.add(ADD, {"what": "100% of it; and 'more'"})
        statements.add(ADD, {"what": "a"})
        assert statements.fetch(COUNT, {}) == [(2, "a")]


def test_statements_after_a_lock_see_the_writes_of_its_holder(engine: sa.Engine) -> None:
    found = []

    def wait_and_read() -> None:
        with engine.begin() as connection:
            statements = Statements(connection)
            statements.add(LOCK, {})
            found.extend(statements.fetch(COUNT, {}))

    with engine.begin() as connection:
        connection.execute(LOCK)
        thread = threading.Thread(target=wait_and_read)
        thread.start()
        waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
        while not connection.execute(waiting).scalar():
            time.sleep(0.01)
        connection.execute(ADD, {"what": "meanwhile"})
    thread.join()
    assert found == [(1, "meanwhile")]


def test_errors_are_those_of_sqlalchemy(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        statements = Statements(connection)
        statements.add(text("SELECT 1 / :zero"), {"zero": 0})
        with pytest.raises(sa.exc.DataError) as caught:
            statements.send()
        assert not is_outage(caught.value)
        assert not is_deadlock(caught.value)


def test_a_connection_that_was_ended_is_an_outage(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        statements = Statements(connection)
        [(pid,)] = statements.fetch(text("SELECT pg_backend_pid()"), {})
        with engine.begin() as other:
            other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        with pytest.raises(sa.exc.DBAPIError) as caught:
            statements.fetch(text("SELECT 1"), {})
        assert is_outage(caught.value)
