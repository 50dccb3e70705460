"""The budget in Postgres, spent by threads and processes together."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from subprocess import CompletedProcess

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from f1_core.capture import Capture
from f1_core.postgres.queries import query
from f1_devkit.servers.jolpica.limits import most_in_a_window
from f1_devkit.servers.jolpica.server import JolpicaServer
from f1_ingest.fetch import runs
from f1_ingest.ratelimit.budget import Budget, Reservation
from f1_ingest.ratelimit.scheduler import POLL, Limits
from f1_ingest.settings import Settings
from f1_ingest.signals import Stop
from f1_ingest.sources import registry

MakeBudget = Callable[..., Budget]


@pytest.fixture
def budget(engine: sa.Engine) -> MakeBudget:
    """Makes one process's access to the budget `jolpica`."""
    owners: list[str] = []

    def make(
        limits: Limits,
        claimant: str = "2024",
        *,
        timeout_s: float = 5.0,
        newest: datetime | None = None,
    ) -> Budget:
        owners.append(f"run{len(owners)}")
        return Budget(
            engine=engine,
            name="jolpica",
            limits=limits,
            claimant=claimant,
            owner=owners[-1],
            timeout_s=timeout_s,
            stop=Stop(),
            newest=lambda: newest,
        )

    return make


def use(budget: Budget, reservation: Reservation | None = None, takes_s: float = 0.0) -> float:
    """Spend one request; returns when it was sent."""
    with budget.reservation() as own:
        slot = budget.spend(reservation or own)
        sent = time.monotonic()
        time.sleep(takes_s)
        budget.done(slot)
    return sent


class Greedy(threading.Thread):
    """A process that spends as fast as possible."""

    def __init__(self, budget: Budget, until: float, takes_s: float = 0.0) -> None:
        super().__init__()
        self.budget, self.until, self.takes_s = budget, until, takes_s
        self.sent: list[float] = []

    def run(self) -> None:
        while time.monotonic() < self.until:
            self.sent.append(use(self.budget, takes_s=self.takes_s))


def test_a_sliding_window_is_never_exceeded_however_long_requests_take(budget: MakeBudget) -> None:
    limits = Limits(per_second=100, per_window=12, window_s=1.0)
    end = time.monotonic() + 4.0
    threads = [Greedy(budget(limits, str(n)), end, takes_s=0.05 * n) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sent = [at for thread in threads for at in thread.sent]
    assert most_in_a_window(sent, 1.0) <= 12
    # Each slot is taken again soon after it is free: a request of 50 ms counts for 1.05 s.
    assert len(sent) >= 0.8 * 12 * 4


def test_a_half_read_capture_keeps_its_place_in_the_queue(
    budget: MakeBudget, engine: sa.Engine
) -> None:
    """The capture that began first is the first to get its next page, whenever others request."""
    limits = Limits(per_second=1000, per_window=1000)
    first, second = budget(limits, "2023").reservation(), budget(limits, "2024").reservation()
    with first, second:
        for reservation in (first, second, second, first, second, first):
            slot = reservation.budget.spend(reservation)
            reservation.budget.done(slot)
            reservation.remaining = 5
        with engine.connect() as connection:
            held = sa.text("SELECT claim_id FROM budget_claims ORDER BY since")
            assert connection.execute(held).scalars().all() == [first.held_id, second.held_id]


def test_the_limit_per_second_is_never_exceeded(budget: MakeBudget) -> None:
    limits = Limits(per_second=4, per_window=1000)
    end = time.monotonic() + 2.5
    threads = [Greedy(budget(limits, str(n)), end) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sent = [at for thread in threads for at in thread.sent]
    assert most_in_a_window(sent, 1.0) == 4
    assert len(sent) >= 10


def test_a_poll_is_served_while_a_backfill_uses_the_rest_of_the_budget(budget: MakeBudget) -> None:
    limits = Limits(per_second=100, per_window=40, window_s=4.0)
    busy = Greedy(budget(limits), time.monotonic() + 5.0)
    busy.start()
    waits = []
    for _ in range(2):
        time.sleep(2.0)
        requested = time.monotonic()
        use(budget(limits, POLL))
        waits.append(time.monotonic() - requested)
    busy.join()
    # Its two slots are kept, or lent for 0.08 s; without a share the first would wait 2 s, until
    # the window of the backfill's first request ends.
    assert max(waits) < 1.8


def test_seasons_take_turns_however_many_processes_each_has(budget: MakeBudget) -> None:
    limits = Limits(per_second=100, per_window=20, window_s=1.0)
    end = time.monotonic() + 3.0
    threads = [Greedy(budget(limits, season), end) for season in ("2023", "2024", "2024", "2024")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    shares: Counter[str] = Counter()
    for thread in threads:
        shares[thread.budget.claimant] += len(thread.sent)
    # More than a quarter, which is its share of processes. Not quite half, since no slot is left
    # unused until a season's only process has its response and requests again.
    assert shares["2023"] >= 0.35 * shares.total()


def test_a_half_read_capture_is_finished_before_a_new_one_starts(
    budget: MakeBudget, engine: sa.Engine
) -> None:
    """Five requests a window: one capture needs five, and another may not start between."""
    limits = Limits(per_second=100, per_window=6, window_s=3.0)
    reader, other = budget(limits, "2023"), budget(limits, "2024")
    with reader.reservation() as pages:
        use(reader, pages)
        pages.remaining = 4
        use(reader, pages)
        greedy = Greedy(other, time.monotonic() + 0.5)
        greedy.start()
        waits = "SELECT count(*) FROM budget_claims WHERE claimant = '2024'"
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            while not connection.scalar(sa.text(waits)):
                assert greedy.is_alive()
                time.sleep(0.01)
        sent = []
        for left in (3, 2, 1):
            pages.remaining = left
            sent.append(use(reader, pages))
    greedy.join()
    assert greedy.sent
    assert max(sent) < greedy.sent[0], "its pages were reserved"


def test_a_dead_process_and_its_reservation_are_skipped(
    budget: MakeBudget, engine: sa.Engine
) -> None:
    limits = Limits(per_second=100, per_window=6)
    with engine.begin() as connection:
        connection.execute(
            sa.text(
                "INSERT INTO budget_claims VALUES"
                " ('dead/0/waiting', 'jolpica', '2023', 0, '2020-01-01', now() - interval '1 s'),"
                " ('dead/0/held', 'jolpica', '2023', 99, '2020-01-01', now() + interval '0.7 s')"
            )
        )
    began = time.monotonic()
    use(budget(limits))
    assert 0.3 < time.monotonic() - began < 30


def test_a_reservation_lasts_while_its_process_sends_heartbeats(
    budget: MakeBudget, engine: sa.Engine
) -> None:
    limits = Limits(per_second=100, per_window=100)
    living, silent = budget(limits, "2023"), budget(limits, "2024")
    with living.reservation() as mine, silent.reservation() as other:
        for reservation in (mine, other):
            reservation.remaining = 3
            reservation.budget.done(reservation.budget.spend(reservation))
        with engine.begin() as connection:
            connection.execute(sa.text("UPDATE budget_claims SET alive_until = now()"))
            living.beat(connection)
            alive = "SELECT claim_id, reserved FROM budget_claims WHERE alive_until > now()"
            assert connection.execute(sa.text(alive)).all() == [(mine.held_id, 2)]


def test_a_slot_that_was_not_used_in_time_is_not_fresh(budget: MakeBudget) -> None:
    """A suspended process could send the request when its slot no longer counts."""
    used, late = (budget(Limits(100, 100), timeout_s=timeout_s) for timeout_s in (60.0, 0.0))
    assert used.spend(used.reservation()).fresh
    assert not late.spend(late.reservation()).fresh


def test_a_killed_processs_request_counts_until_it_must_have_ended(
    budget: MakeBudget,
) -> None:
    limits = Limits(per_second=100, per_window=1, window_s=0.5)
    killed = budget(limits, timeout_s=1.0)
    killed.spend(killed.reservation())
    began = time.monotonic()
    use(budget(limits, POLL))
    assert 1.2 < time.monotonic() - began < 30


def test_a_request_without_a_response_counts_for_its_time_out_and_then_a_second_and_a_window(
    budget: MakeBudget, engine: sa.Engine
) -> None:
    """The server may receive it that late; after the response, only second and window count."""
    counts = sa.text(
        "SELECT extract(epoch FROM burst_until - clock_timestamp())::float,"
        " extract(epoch FROM counts_until - clock_timestamp())::float FROM budget_requests"
    )
    mine = budget(Limits(per_second=4, per_window=10, window_s=200.0), timeout_s=60.0)
    slot = mine.spend(mine.reservation())
    with engine.connect() as connection:
        assert connection.execute(counts).one() == pytest.approx((61, 260), abs=20)
    mine.done(slot)
    with engine.connect() as connection:
        burst_s, window_s = connection.execute(counts).one()
    assert burst_s <= 1
    assert 180 < window_s <= 200


def test_requests_count_by_claimant_and_by_how_soon_they_end(engine: sa.Engine) -> None:
    """Those of other budgets and expired ones do not; `late` are those that do in 1,000 s."""
    requests = [
        # source, claimant, and for how many seconds it still counts: in its window, in its second
        ("jolpica", POLL, 500, -1),
        ("jolpica", POLL, 2_000, 100),
        ("jolpica", "2023", 700, 300),
        ("jolpica", "2024", 3_000, -1),
        ("jolpica", "2024", 4_000, 200),
        ("jolpica", "2024", -1, -1),
        ("openf1", "2024", 50, 50),
    ]
    enter = sa.text(
        "INSERT INTO budget_requests (source, claimant, granted_at, counts_until, burst_until)"
        " VALUES (:source, :claimant, now(),"
        " now() + make_interval(secs => :window_s), now() + make_interval(secs => :second_s))"
    )
    names = ("source", "claimant", "window_s", "second_s")
    with engine.begin() as connection:
        connection.execute(enter, [dict(zip(names, one, strict=True)) for one in requests])
        usage = query("f1_ingest.ratelimit.budget", "usage")
        found = connection.execute(usage, {"budget": "jolpica", "release_s": 1_000}).one()
    assert (found.burst, found.poll, found.others) == (3, 2, 3)
    assert (found.poll_late, found.others_late) == (1, 2)
    until = (found.next_burst_s, found.next_slot_s, found.next_late_s)
    assert until == pytest.approx((100, 500, 1_000), abs=40)


def test_a_new_budget_opens_a_window_after_the_newest_capture(
    budget: MakeBudget, engine: sa.Engine
) -> None:
    """A database rebuilt from S3 does not contain the requests before it was lost."""
    limits = Limits(per_second=100, per_window=10, window_s=2.0)
    use(budget(limits, newest=datetime.now(UTC) - timedelta(seconds=1)))
    with engine.connect() as connection:
        opened, granted = connection.execute(
            sa.text("SELECT opens_at, granted_at FROM budgets, budget_requests")
        ).one()
    assert opened > datetime.now(UTC) - timedelta(seconds=1.5)
    assert granted >= opened


def test_the_newest_capture_is_the_last_one_of_the_ledger(
    ingest: Callable[..., CompletedProcess[str]],
    ingest_environment: dict[str, str],
    source: JolpicaServer,
    captures: Callable[..., list[Capture]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    arguments = ("round", "--season", 2024, "--round", 1, "--resources", "results,qualifying")
    assert ingest(*arguments, F1_JOLPICA_URL=source.url).returncode == 0
    fetched = [one.header.fetched_at for one in captures()]
    assert max(fetched) > min(fetched)
    for name, value in (ingest_environment | {"F1_JOLPICA_URL": source.url}).items():
        monkeypatch.setenv(name, value)
    settings = Settings.from_environment()
    jolpica = registry.source("jolpica", settings)
    with runs.begin("backfill", jolpica, 2024, settings, Stop()) as run:
        assert run.fetcher.budget is not None
        assert run.fetcher.budget.newest() == max(fetched)


def test_the_size_of_the_budget_is_recorded(budget: MakeBudget, engine: sa.Engine) -> None:
    with engine.begin() as connection:
        columns = "source, opens_at, per_window, window_s"
        other = f"INSERT INTO budgets ({columns}) VALUES ('openf1', now(), 30, 60)"
        connection.execute(sa.text(other))
    for per_window in (200, 150):  # changed between two runs
        use(budget(Limits(4, per_window)))
        with engine.connect() as connection:
            recorded = sa.text("SELECT source, per_window, window_s FROM budgets ORDER BY source")
            found = [tuple(row) for row in connection.execute(recorded)]
        assert found == [("jolpica", per_window, 3600.0), ("openf1", 30, 60.0)]


def test_a_new_budget_opens_at_once_if_s3_is_empty(budget: MakeBudget) -> None:
    began = time.monotonic()
    use(budget(Limits(4, 200)))
    assert time.monotonic() - began < 30, "not after a window, which is an hour"


def test_without_a_database_there_is_no_request(
    budget: MakeBudget, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("f1_ingest.ratelimit.budget.DATABASE_PATIENCE_S", 0.2)
    gone = budget(Limits(4, 200))
    gone.engine = sa.create_engine("postgresql+psycopg2://nobody@127.0.0.1:1/none")
    with pytest.raises(OperationalError):
        use(gone)


def test_requests_that_no_longer_count_are_deleted(budget: MakeBudget, engine: sa.Engine) -> None:
    limits = Limits(per_second=100, per_window=10, window_s=0.1)
    mine = budget(limits)
    for _ in range(5):
        use(mine)
        time.sleep(0.15)
    with engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM budget_requests")) == 1
        assert connection.scalar(sa.text("SELECT count(*) FROM budget_claims")) == 0


def test_the_budget_records_since_when_the_source_responds_with_429(
    budget: MakeBudget, engine: sa.Engine
) -> None:
    mine = budget(Limits(100, 200))

    def limited_since(*, limited: bool | None) -> datetime | None:
        with mine.reservation() as reservation:
            mine.done(mine.spend(reservation), limited=limited)
        with engine.connect() as connection:
            found: datetime | None = connection.scalar(sa.text("SELECT limited_since FROM budgets"))
        return found

    assert limited_since(limited=False) is None
    first = limited_since(limited=True)
    assert first is not None
    assert limited_since(limited=True) == first
    assert limited_since(limited=None) == first  # without a response, nothing changes
    assert limited_since(limited=False) is None
