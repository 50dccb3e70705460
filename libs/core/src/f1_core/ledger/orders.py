"""Orders determine which of two captures or decisions is newer. A Postgres sequence issues them.

The keys in S3 contain them, too. If the sequence is behind the greatest order in S3, the database
was restored from a backup or lost its last transactions in a failover, and new captures would
count as older than existing ones. So the sequence is compared with S3 before a session of Postgres
issues its first order, and by every sweep.
"""

import re
from datetime import UTC, date, datetime, timedelta

import structlog
from prometheus_client import Counter
from sqlalchemy import Connection, Row, text

from f1_core.errors import F1Error
from f1_core.postgres.queries import query
from f1_core.store.rawstore import RawStore

log = structlog.get_logger()

BEHIND = Counter(
    "f1_database_behind_s3_total",
    "How often this process found the database's order sequence behind the orders in S3.",
)

_MOST_PER_SECOND = 1_000
_FIRST_YEAR = datetime(2020, 1, 1, tzinfo=UTC)
_IN_KEY = re.compile(r"-(\d{12,14})\.json")
_DAY = re.compile(r"raw/(\d{4}-\d\d-\d\d)/")
_LOCK = 0x0F16


class ImplausibleOrder(F1Error):
    """The sequence is beyond any value that it can have reached: its orders cannot be read back."""


def is_plausible(order: int, now: datetime | None = None) -> bool:
    """Whether the sequence can have issued `order` by now, at a thousand a second since 2020.

    A sequence that follows only plausible orders stays plausible, whatever is in S3.
    """
    since = (now or datetime.now(UTC)) - _FIRST_YEAR
    return 1 <= order <= since.total_seconds() * _MOST_PER_SECOND


def next_order(connection: Connection) -> int:
    """Issue the order of a capture whose fetch starts now, or of a decision.

    Raises:
        ImplausibleOrder: the sequence was moved too far ahead.
    """
    order = int(connection.execute(_NEXT, {"lock": _LOCK}).scalar_one())
    if not is_plausible(order):
        raise ImplausibleOrder(
            f"the sequence capture_order issued {order}, more than it can have reached: what has "
            "such an order cannot be read back. Set the sequence to the greatest order in use, "
            "max(capture_order) in the table captures, with setval"
        )
    return order


def raise_order(connection: Connection, order: int) -> bool:
    """Never issue `order` or a lower one again. False: the sequence was beyond it already."""
    # First a check without the lock: the sequence is nearly always beyond it.
    if not _is_behind(connection, order):
        return False
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    if _is_behind(connection, order):
        connection.execute(text("SELECT setval('capture_order', :order)"), {"order": order})
    return True


def newest(store: RawStore, now: datetime | None = None) -> int:
    """The greatest order in S3, of the newest day that has captures and of all decisions; 0: none.

    Costs three requests to S3, and one more for each further thousand keys.

    Raises:
        StoreUnavailable: S3 did not respond.
    """
    last = (now or datetime.now(UTC)).date() + timedelta(days=1)
    found = max((_order(key) for key in store.keys("decisions/")), default=0)
    days = [day for name in store.folders("raw/") if (day := _day(name)) and day <= last]
    for day in sorted(days, reverse=True):
        orders = [order for key in store.keys(f"raw/{day}/") if (order := _order(key))]
        if orders:
            return max(found, *orders)
    return found


def catch_up(connection: Connection, store: RawStore) -> bool:
    """Compare the sequence with S3, and raise it above the orders there.

    Returns:
        True if it was behind in a database that had been swept: it was restored from a backup or
        lost transactions. The next sweep is then a full one.

    Raises:
        StoreUnavailable: S3 did not respond.
    """
    order = newest(store)
    if not raise_order(connection, order):
        return False
    swept = connection.execute(_CLEAR_SWEEP).scalar()
    if swept is None:
        return False  # a new database: S3 is swept before anything is fetched
    BEHIND.inc()
    log.error(
        "the database is behind S3: it was restored from a backup or lost transactions; "
        "orders continue above those in S3, and all of S3 is swept",
        order_in_s3=order,
    )
    return True


class Orders:
    """Issues orders for one process; compares with S3 before the first order of each session."""

    def __init__(self, store: RawStore) -> None:
        self._store = store
        self._compared: set[tuple[object, ...]] = set()

    def next(self, connection: Connection) -> int:
        """Issue an order; call it before the transaction takes locks.

        Raises:
            ImplausibleOrder: see :func:`next_order`.
            StoreUnavailable: S3 did not respond.
        """
        # After a restore, or on another server, the session has another process or start time;
        # after a restore in place, another sequence.
        session = tuple(_session(connection))
        if session not in self._compared:
            catch_up(connection, self._store)
            self._compared.add(session)
        return next_order(connection)


def _session(connection: Connection) -> Row[tuple[object, ...]]:
    return connection.execute(_SESSION).one()


def _is_behind(connection: Connection, order: int) -> bool:
    # A new sequence has the value 1 before it has issued 1.
    return bool(connection.execute(_BEHIND, {"order": order}).scalar_one())


def _order(key: str) -> int:
    """The order that a key ends with; 0 if it ends with none that is plausible."""
    match = _IN_KEY.search(key)
    if match is None or match.end() != len(key):
        return 0
    order = int(match[1])
    return order if is_plausible(order) else 0


def _day(folder: str) -> date | None:
    match = _DAY.fullmatch(folder)
    try:
        return date.fromisoformat(match[1]) if match else None
    except ValueError:
        return None


# A shared lock: raising the sequence while an order is issued could lower it again.
_NEXT = query(__name__, "next_order")
_BEHIND = query(__name__, "is_behind")
_CLEAR_SWEEP = query(__name__, "clear_sweep")
_SESSION = query(__name__, "session")
