"""A capture's state follows from its slices; an archive's has thousands of them."""

import contextlib
import select
import threading
import time
from collections.abc import Callable
from typing import Any

import psycopg2
import pytest
import sqlalchemy as sa

from f1_core.ledger import states

Part = tuple[str, str, str, str | None]
"""Race, resource, state and reason of a slice."""
LAPS_HELD: Part = ("2024-spa", "laps", "held", "it is empty")
DONE: Part = ("2024-monaco", "laps", "processed", None)


@pytest.fixture
def capture(engine: sa.Engine) -> Callable[..., tuple[str, str | None]]:
    """Enters a capture with its slices, and derives its state and reason from them."""

    def derived(*parts: Part, **columns: Any) -> tuple[str, str | None]:
        values = {"state": "superseded", "reason": "of before", "notes": None, "changed": None}
        with engine.begin() as connection:
            connection.execute(sa.text("DELETE FROM captures"))
            connection.execute(
                sa.text(
                    "INSERT INTO captures (capture_key, source, resource, capture_order,"
                    " fetched_at, state, reason, notes, changed) VALUES"
                    " ('a', 'ergast-csv', 'archive', 1, now(), :state, :reason, :notes, :changed)"
                ),
                values | columns,
            )
            for race, resource, state, reason in parts:
                connection.execute(
                    sa.text(
                        "INSERT INTO slice_captures (season, race_id, session, resource,"
                        " capture_key, source, capture_order, fetched_at, rows, content_hash,"
                        " state, reason) VALUES (2024, :race, 'race', :resource, 'a',"
                        " 'ergast-csv', 1, now(), 1, '', :state, :reason)"
                    ),
                    {"race": race, "resource": resource, "state": state, "reason": reason},
                )
            states.refresh(connection, ["a"])
            row = connection.execute(sa.text("SELECT state, reason FROM captures")).one()
        return row.state, row.reason

    return derived


@pytest.mark.parametrize(
    ("slices", "state"),
    [
        (["quarantined", "superseded", "unchanged", "held", "processed"], "processed"),
        (["quarantined", "superseded", "unchanged", "held"], "held"),
        (["quarantined", "superseded", "unchanged"], "unchanged"),
        (["quarantined", "superseded"], "superseded"),
        (["quarantined"], "quarantined"),
    ],
)
def test_the_best_state_of_a_slice_is_that_of_the_capture(
    capture: Callable[..., tuple[str, str | None]], slices: list[str], state: str
) -> None:
    parts = [(f"2024-{number}", "laps", one, None) for number, one in enumerate(slices)]
    assert capture(*parts)[0] == state


@pytest.mark.parametrize(
    ("parts", "notes", "reason"),
    [
        ([DONE], None, None),
        ([LAPS_HELD], None, "it is empty"),
        ([LAPS_HELD], "drivers.csv lacks 3 names", "it is empty; drivers.csv lacks 3 names"),
        ([DONE], "drivers.csv lacks 3 names", None),  # nothing waits for a person
        (
            [DONE, LAPS_HELD, ("2024-imola", "results", "quarantined", "line 7: no number")],
            None,
            "2 of 3 slices wait for a person; the first, results of 2024-imola: line 7: no number",
        ),
        (
            [
                ("2024-imola", name, "superseded", "jolpica has rows")
                for name in ("laps", "results")
            ],
            None,
            "jolpica has rows",
        ),
        (
            [("2024-imola", "laps", "superseded", "jolpica has rows"), DONE],
            None,
            None,  # not one reason of all
        ),
        ([], None, "purged"),
    ],
)
def test_the_reason_names_what_waits_for_a_person(
    capture: Callable[..., tuple[str, str | None]],
    parts: list[Part],
    notes: str | None,
    reason: str | None,
) -> None:
    assert capture(*parts, notes=notes)[1] == reason


@pytest.mark.parametrize(
    "columns",
    [{"state": "pending"}, {"state": "processing"}, {"state": "quarantined", "changed": "sha256"}],
)
def test_a_processing_capture_and_one_with_a_changed_object_keep_their_state(
    capture: Callable[..., tuple[str, str | None]], columns: dict[str, Any]
) -> None:
    assert capture(DONE, **columns) == (columns["state"], "of before")


def test_a_reopened_capture_is_pending_and_its_worker_loses_the_lease(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        connection.execute(
            sa.text(
                "INSERT INTO captures (capture_key, source, resource, capture_order, fetched_at,"
                " state, attempts, not_before, lease_owner, lease_expires_at)"
                " SELECT key, 'jolpica', 'laps', 1, now(), 'processing', 3, now(), 'me', now()"
                " FROM unnest(ARRAY['a', 'b']) AS key"
            )
        )
        assert states.reopen(connection, []) == 0
        assert states.reopen(connection, ["a"]) == 1
        query = "SELECT state, attempts, not_before, lease_owner, lease_expires_at FROM captures"
        where = sa.text(f"{query} WHERE capture_key = 'a'")
        assert tuple(connection.execute(where).one()) == ("pending", 0, None, None, None)
        others = sa.text("SELECT lease_owner FROM captures WHERE state = 'processing'")
        assert connection.execute(others).scalars().all() == ["me"]


def test_captures_are_locked_in_the_order_of_their_keys(engine: sa.Engine) -> None:
    """So that two programs that lock the same captures cannot deadlock."""
    with engine.begin() as connection:
        for key in ("b", "a"):
            connection.execute(
                sa.text(
                    "INSERT INTO captures (capture_key, source, resource, capture_order,"
                    " fetched_at, state) VALUES (:key, 'jolpica', 'laps', 1, now(), 'processed')"
                ),
                {"key": key},
            )
    lock = "SELECT FROM captures WHERE capture_key = :key FOR NO KEY UPDATE NOWAIT"

    def reopen() -> None:
        with engine.begin() as connection:
            states.reopen(connection, ["b", "a"])

    thread = threading.Thread(target=reopen)
    with engine.begin() as connection:
        connection.execute(sa.text(lock), {"key": "a"})
        thread.start()
        waiting = sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")
        deadline = time.monotonic() + 60
        while not connection.execute(waiting).scalar_one():
            assert time.monotonic() < deadline
            time.sleep(0.01)
        connection.execute(sa.text(lock), {"key": "b"})  # not locked before "a"
    thread.join(60)

    with engine.begin() as connection, engine.begin() as other:
        states.refresh(connection, ["a"])  # though nothing of it changes
        with pytest.raises(sa.exc.OperationalError, match="could not obtain lock"):
            other.execute(sa.text(lock), {"key": "a"})


def test_reopened_captures_are_announced(engine: sa.Engine, database_url: str) -> None:
    url = sa.make_url(database_url).set(drivername="postgresql")
    with contextlib.closing(
        psycopg2.connect(url.render_as_string(hide_password=False))
    ) as listening:
        listening.autocommit = True
        listening.cursor().execute("LISTEN f1_captures")
        with engine.begin() as connection:
            states.reopen(connection, ["a"])
        assert select.select([listening], [], [], 10)[0], "no worker was notified"
