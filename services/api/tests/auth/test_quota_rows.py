"""The rows in Postgres that count requests: returned and deleted while other processes use them."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from awaited_locks import wait_until_awaited

from f1_api.auth.quotas import Counts, Unspent
from f1_api.auth.rate_limits import Limit
from f1_api.postgres.pool import Pool

HOUR = Limit(20, 3600)


@pytest.fixture
def counts(season_url: str) -> Iterator[Counts]:
    """The counts of a process; a statement that waits for another process ends after 5 s."""
    pool = Pool(season_url, size=1, wait_s=5, statement_timeout_s=5)
    yield Counts(pool)
    pool.close()


def _subjects(season: Any) -> list[str]:
    with season.engine.connect() as connection:
        query = "SELECT subject FROM api_quotas ORDER BY subject"
        return list(connection.exec_driver_sql(query).scalars())


def test_late_returns_do_not_count_for_the_next_window(counts: Counts, season: Any) -> None:
    before = counts.take("key/a", HOUR, 5)
    season.execute("UPDATE api_quotas SET ends_at = now()")
    now = counts.take("key/a", HOUR, 5)
    counts.give_back([Unspent("key/a", before.ends_at, 5)])
    assert counts.take("key/a", HOUR, 20).number == 15
    counts.give_back([Unspent("key/a", now.ends_at, 5)])
    assert counts.take("key/a", HOUR, 20).number == 5


def test_only_ended_windows_are_deleted(counts: Counts, season: Any) -> None:
    for caller in ("over", "running"):
        counts.take(f"address/{caller}", HOUR, 1)
    season.execute("UPDATE api_quotas SET ends_at = now() WHERE subject = 'address/over'")
    counts.delete_ended()
    assert _subjects(season) == ["address/running"]


def test_a_window_that_another_process_restarts_is_not_deleted(counts: Counts, season: Any) -> None:
    """Until the commit its row has an ended window."""
    counts.take("key/a", HOUR, 1)
    season.execute("UPDATE api_quotas SET ends_at = now()")
    with season.engine.begin() as other:
        other.exec_driver_sql("UPDATE api_quotas SET ends_at = now() + interval '1 hour'")
        counts.delete_ended()  # waits for no lock
    assert _subjects(season) == ["key/a"]


def test_returns_lock_rows_in_one_order(counts: Counts, season: Any) -> None:
    """While they wait for the first row they hold no other lock, so that no deadlock occurs."""
    subjects = [f"key/{number:02}" for number in range(20)]
    leases = {subject: counts.take(subject, HOUR, 5) for subject in reversed(subjects)}
    unspent = [Unspent(subject, leases[subject].ends_at, 5) for subject in reversed(subjects)]
    with season.engine.begin() as other:
        lock = "SELECT subject FROM api_quotas WHERE subject {} 'key/00' FOR UPDATE NOWAIT"
        other.exec_driver_sql(lock.format("="))
        returning = threading.Thread(target=counts.give_back, args=[unspent])
        returning.start()
        wait_until_awaited(season.engine, returning)
        assert len(other.exec_driver_sql(lock.format("<>")).all()) == 19
    returning.join()
    assert [counts.take(subject, HOUR, 20).number for subject in subjects] == [20] * 20
