"""Captures that an older parser read, queued for the worker when nothing else is open."""

from sqlalchemy import Connection, Engine

from f1_core.ledger import states
from f1_core.postgres.database import transaction
from f1_core.postgres.queries import query
from f1_worker.apply.reference import REFERENCE


def reopen_stale(engine: Engine, parser_version: int, limit: int) -> int:
    """Queue some captures that an older parser read, of the newest season that has any.

    All of them, not only those that rows are made of: two captures can be compared only if one
    parser read both.

    Returns:
        How many there were; 0 as long as others are open.
    """

    def work(connection: Connection) -> int:
        values = {"version": parser_version, "limit": limit}
        return states.reopen(connection, connection.execute(_STALE, values).scalars().all())

    with engine.begin() as connection:
        return work(connection)


def reopen_all(engine: Engine, season: int | None) -> int:
    """Queue all captures that are done: of a season and of archives that have it, or of all.

    With all of them, the precedence of reference data is decided anew.
    """

    def work(connection: Connection) -> int:
        if season is None:
            for table in REFERENCE:
                connection.execute(table.update().values(precedence=0))
        keys = connection.execute(_ALL, {"season": season}).scalars().all()
        return states.reopen(connection, keys)

    return transaction(engine, work)


# Those that rows are made of come first, so that better rows show early.
_STALE = query(__name__, "stale_captures")
_ALL = query(__name__, "all_captures")
