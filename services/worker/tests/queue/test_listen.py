"""The threads beside the loop find captures without notification."""

import threading

import pytest
import sqlalchemy as sa
from recorded_seasons import Recorder

from f1_core.ledger import index, orders
from f1_core.store.rawstore import RawStore
from f1_worker.queue.listen import Listener, Sweeper
from f1_worker.settings import WorkerSettings


def test_captures_announced_before_and_after_the_connection_wake_the_loop(
    recorder: Recorder, engine: sa.Engine
) -> None:
    wake, stop = threading.Event(), threading.Event()
    listener = Listener(engine, wake, stop)
    listener.start()
    assert wake.wait(10)
    wake.clear()
    recorder.put(recorder.make("schedule"))
    assert wake.wait(10)
    stop.set()
    listener.join(10)


@pytest.mark.parametrize(("hours", "found"), [(23, 0), (25, 1)])
def test_all_of_s3_is_swept_once_a_day_and_the_last_days_in_between(
    *,
    recorder: Recorder,
    engine: sa.Engine,
    store: RawStore,
    settings: WorkerSettings,
    hours: int,
    found: int,
) -> None:
    with engine.begin() as connection:
        orders.raise_order(connection, 100)
    index.sweep(engine, store)
    with engine.begin() as connection:
        swept = "UPDATE installation SET swept_at = now() - make_interval(hours => :hours)"
        connection.execute(sa.text(swept), {"hours": hours})
    years_ago = recorder.make("laps", 1, hours=-24 * 365 * 6)
    recorder.put(years_ago, announce=False)
    assert Sweeper(engine, store, settings, threading.Event()).sweep() == found
