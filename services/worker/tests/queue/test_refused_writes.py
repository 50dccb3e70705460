"""Captures are not quarantined while a server refuses writes."""

import threading
import time

import pytest
import sqlalchemy as sa
from recorded_seasons import Recorder

from f1_core.store.rawstore import RawStore
from f1_worker.loop import Worker
from f1_worker.settings import WorkerSettings

_REFUSE = """
    CREATE SEQUENCE refusals;
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM nextval('refusals');
        RAISE EXCEPTION 'no room, no writes' USING ERRCODE = '{}';
    END $$;
    CREATE TRIGGER refuse BEFORE INSERT ON lap_times EXECUTE FUNCTION refuse();
"""


@pytest.mark.parametrize("code", ["53100", "25006"], ids=["disk full", "read-only"])
def test_a_full_or_read_only_server_costs_no_attempt(
    engine: sa.Engine, store: RawStore, recorder: Recorder, settings: WorkerSettings, code: str
) -> None:
    with engine.begin() as connection:
        connection.execute(sa.text(_REFUSE.format(code)))
    recorder.put(recorder.make("schedule"), recorder.make("laps", 1))
    laps = sa.text("SELECT state, attempts FROM captures WHERE resource = 'laps'")
    refused = sa.text("SELECT last_value FROM refusals")
    worker = Worker(engine, store, settings.model_copy(update={"attempts": 1}))
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        deadline = time.monotonic() + 60
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            while connection.execute(refused).scalar_one() < 3:  # in one attempt
                assert time.monotonic() < deadline
                time.sleep(0.02)
            connection.execute(sa.text("DROP TRIGGER refuse ON lap_times"))
        found = None
        while found != ("processed", 0) and time.monotonic() < deadline:
            time.sleep(0.05)
            with engine.connect() as connection:
                found = tuple(connection.execute(laps).one())
    finally:
        worker.stop.set()
        worker.wake.set()
        thread.join(30)
    assert found == ("processed", 0)
