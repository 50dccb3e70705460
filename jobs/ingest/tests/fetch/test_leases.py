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
    """The time of this process' leases runs out, as if it had been silent for so long."""
    past = "UPDATE fetch_leases SET expires_at = now() - interval '1 s' WHERE owner = :owner"
    with engine.begin() as connection:
        assert connection.execute(sa.text(past), {"owner": owner}).rowcount > 0


def test_a_lease_is_one_process_s_until_it_gives_it_back(engine: sa.Engine) -> None:
    one, other = leases(engine, "one"), leases(engine, "other")
    assert one.take(LAPS)
    assert one.take(LAPS), "its own again"
    assert not other.take(LAPS)
    assert other.take(Lease("jolpica", 2024, 9, "laps"))
    one.release()
    assert other.take(LAPS)


def test_a_dead_process_s_lease_is_taken_over_and_it_notices_if_it_was_only_asleep(
    engine: sa.Engine,
) -> None:
    asleep, other = leases(engine, "asleep"), leases(engine, "other")
    assert asleep.take(LAPS)
    assert not other.take(LAPS)
    expire(engine, "asleep")
    assert other.take(LAPS)
    with engine.connect() as connection, pytest.raises(LeaseLost):
        asleep.confirm(connection, LAPS)
    asleep.release()
    with engine.connect() as connection:
        other.confirm(connection, LAPS)


def test_a_confirmed_lease_is_locked_until_the_transaction_ends(engine: sa.Engine) -> None:
    """No other process takes it over between check and commit, even if it expires meanwhile."""
    one = leases(engine, "one", 0.0)
    assert one.take(LAPS)
    with engine.begin() as checking, engine.connect() as other:
        with pytest.raises(LeaseLost):
            one.confirm(checking, Lease("jolpica", 2024, 9, "laps"))
        one.confirm(checking, LAPS)
        with pytest.raises(OperationalError, match="could not obtain lock"):
            other.execute(sa.text("SELECT FROM fetch_leases FOR UPDATE NOWAIT"))


def test_a_beat_extends_its_own_leases_alone(engine: sa.Engine) -> None:
    one, other = leases(engine, "one", 0.0), leases(engine, "other", 0.0)
    assert one.take(LAPS)
    assert other.take(Lease("jolpica", 2024, 9, "laps"))
    with engine.begin() as connection:
        leases(engine, "one", 60).beat(connection)
        alive = "SELECT owner FROM fetch_leases WHERE expires_at > clock_timestamp()"
        assert connection.execute(sa.text(alive)).scalars().all() == ["one"]


def test_a_heart_keeps_leases_alive_until_it_stops(engine: sa.Engine) -> None:
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

    heart = Heartbeat(beat, 0.05, passes=lambda _: False)
    heart.start()
    last = expires()
    deadline = time.monotonic() + 30
    for _ in range(2):
        while expires() == last:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        last = expires()
    heart.close()
    last = expires()
    time.sleep(0.2)  # four beats of one that goes on
    assert expires() == last


def test_what_others_are_fetching_is_waited_for_and_not_fetched_twice(
    ingest: Callable[..., CompletedProcess[str]],
    source: JolpicaServer,
    engine: sa.Engine,
    captures: Callable[..., list[Capture]],
) -> None:
    """The other one fetches round 1's results, and dies; its lease runs out."""
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


def test_two_at_the_same_season_share_the_work(
    ingest_environment: dict[str, str],
    ingest: Callable[..., CompletedProcess[str]],
    source: JolpicaServer,
    captures: Callable[..., list[Capture]],
) -> None:
    """Both want all; while one reads the laps, the other reads what comes after."""
    with pytest.MonkeyPatch.context() as patch:
        # A request that times out on a busy machine would be one that the source did not see.
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
