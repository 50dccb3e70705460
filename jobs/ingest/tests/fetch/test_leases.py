"""One process at a time fetches a resource."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from subprocess import CompletedProcess

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from f1_core.capture import Capture
from f1_core.program.supervision import Heartbeat
from f1_devkit.servers.jolpica.server import JolpicaServer
from f1_ingest.commands import backfill
from f1_ingest.commands.progress import Progress
from f1_ingest.errors import LeaseLost
from f1_ingest.fetch import runs
from f1_ingest.fetch.leases import Lease, Leases
from f1_ingest.planning.plan import Choice
from f1_ingest.settings import Settings
from f1_ingest.signals import Stop
from f1_ingest.sources import registry

LAPS = Lease("jolpica", 2024, 8, "laps")


def leases(engine: sa.Engine, owner: str, lease_s: float = 60) -> Leases:
    return Leases(engine, owner, lease_s)


def expire(engine: sa.Engine, owner: str) -> None:
    """Expire the leases of a process, as if it had sent no heartbeat for their time."""
    past = "UPDATE fetch_leases SET expires_at = now() - interval '1 s' WHERE owner = :owner"
    with engine.begin() as connection:
        assert connection.execute(sa.text(past), {"owner": owner}).rowcount > 0


def test_a_lease_belongs_to_one_process_until_it_is_released(engine: sa.Engine) -> None:
    one, other = leases(engine, "one"), leases(engine, "other")
    assert one.take(LAPS)
    assert one.take(LAPS), "it may take its own lease again"
    assert not other.take(LAPS)
    assert other.take(Lease("jolpica", 2024, 9, "laps"))
    one.release()
    assert other.take(LAPS)


def test_an_expired_lease_is_taken_over_and_a_suspended_owner_detects_it(
    engine: sa.Engine,
) -> None:
    suspended, other = leases(engine, "suspended"), leases(engine, "other")
    assert suspended.take(LAPS)
    assert not other.take(LAPS)
    expire(engine, "suspended")
    assert other.take(LAPS)
    with engine.connect() as connection, pytest.raises(LeaseLost):
        suspended.confirm(connection, LAPS)
    suspended.release()
    with engine.connect() as connection:
        other.confirm(connection, LAPS)


def test_a_confirmed_lease_is_locked_until_the_transaction_ends(engine: sa.Engine) -> None:
    """No other process takes it over between check and commit, even if it expires in between."""
    one = leases(engine, "one", 0.0)
    assert one.take(LAPS)
    with engine.begin() as checking, engine.connect() as other:
        with pytest.raises(LeaseLost):
            one.confirm(checking, Lease("jolpica", 2024, 9, "laps"))
        one.confirm(checking, LAPS)
        with pytest.raises(OperationalError, match="could not obtain lock"):
            other.execute(sa.text("SELECT FROM fetch_leases FOR UPDATE NOWAIT"))


def test_a_beat_extends_only_its_own_leases(engine: sa.Engine) -> None:
    one, other = leases(engine, "one", 0.0), leases(engine, "other", 0.0)
    assert one.take(LAPS)
    assert other.take(Lease("jolpica", 2024, 9, "laps"))
    with engine.begin() as connection:
        leases(engine, "one", 60).beat(connection)
        alive = "SELECT owner FROM fetch_leases WHERE expires_at > clock_timestamp()"
        assert connection.execute(sa.text(alive)).scalars().all() == ["one"]


def test_a_heartbeat_extends_leases_until_it_stops(engine: sa.Engine) -> None:
    def expires() -> datetime:
        with engine.connect() as connection:
            found: datetime = connection.execute(
                sa.text("SELECT expires_at FROM fetch_leases")
            ).scalar_one()
        return found

    one = leases(engine, "one")
    assert one.take(LAPS)

    def beat() -> None:
        with engine.begin() as connection:
            one.beat(connection)

    heartbeat = Heartbeat(beat, 0.05, is_temporary=lambda _: False)
    heartbeat.start()
    last = expires()
    deadline = time.monotonic() + 30
    for _ in range(2):
        while expires() == last:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        last = expires()
    heartbeat.close()
    last = expires()
    time.sleep(0.2)  # four intervals of a running heartbeat
    assert expires() == last


def test_a_capture_that_another_process_makes_is_waited_for_and_not_fetched_twice(
    ingest: Callable[..., CompletedProcess[str]],
    source: JolpicaServer,
    engine: sa.Engine,
    captures: Callable[..., list[Capture]],
) -> None:
    """The other process takes round 1's results and dies; its lease expires."""
    ingest("backfill", "--season", 2024, "--resources", "schedule", F1_JOLPICA_URL=source.url)
    leases(engine, "other").take(Lease("jolpica", 2024, 1, "results"))
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(
            ingest,
            *("round", "--season", 2024, "--round", 1, "--resources", "results,qualifying"),
            F1_JOLPICA_URL=source.url,
        )
        while len(captures()) < 2 and not running.done():
            time.sleep(0.05)
        made = [one.header.resource for one in captures()]
        expire(engine, "other")
        ran = running.result()
    assert ran.returncode == 0, ran.stderr
    assert made == ["schedule", "qualifying"], "the others first"
    assert [one.header.resource for one in captures()] == [*made, "results"]


def test_two_processes_share_the_work_of_one_season(
    ingest_environment: dict[str, str],
    ingest: Callable[..., CompletedProcess[str]],
    source: JolpicaServer,
    captures: Callable[..., list[Capture]],
) -> None:
    """Both fetch everything; while one reads the laps, the other reads the resources after them."""
    with pytest.MonkeyPatch.context() as patch:
        # On a busy machine, a request could time out before the source receives it.
        own = {"F1_JOLPICA_URL": source.url, "F1_HTTP_TIMEOUT_S": "60", "F1_HTTP_PATIENCE_S": "90"}
        for name, value in (ingest_environment | own).items():
            patch.setenv(name, value)
        settings = Settings.from_environment()
    done = []
    both_ready = threading.Barrier(2, timeout=60)
    source.faults.rates["slow"], source.faults.slow_s = 1.0, 0.05  # enough for both

    def fetch() -> None:
        jolpica = registry.source("jolpica", settings)
        with runs.begin("backfill", jolpica, 2024, settings, Stop()) as run:
            both_ready.wait()
            choice = Choice(frozenset({1, 2, 3}))
            done.append(backfill.backfill(run, jolpica, 2024, choice, Progress(bar=False)))

    threads = [threading.Thread(target=fetch) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    made = [(one.header.round, one.header.resource) for one in captures()]
    assert len(made) == len(set(made))
    assert len(source.log) == sum(one.header.requests for one in captures())
    assert all(one.captured for one in done)
    assert sum(one.captured for one in done) == len(made) - 1, "one of them made the schedule"
