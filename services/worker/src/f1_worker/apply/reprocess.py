"""Queues captures that an older parser read, when no other capture is open."""

from sqlalchemy import Connection, Engine

from f1_core.ledger import states
from f1_core.postgres.database import transaction
from f1_core.postgres.queries import query
from f1_worker.apply.reference import REFERENCE


def reopen_stale(engine: Engine, parser_version: int, limit: int) -> int:
    """Queue some captures that an older parser read, from the newest season first.

    Captures that are not applied are included: two captures can be compared only if the same parser
    read both.

    Returns:
        The number of captures; 0 as long as others are open.
    """

    def work(connection: Connection) -> int:
        values = {"version": parser_version, "limit": limit}
        return states.reopen(connection, connection.execute(_STALE, values).scalars().all())

    with engine.begin() as connection:
        return work(connection)


def reopen_all(engine: Engine, season: int | None) -> int:
    """Queue all processed captures: of a season and of archives that have it, or of all.

    Without a season, the precedence of reference data is determined again.
    """

    def work(connection: Connection) -> int:
        if season is None:
            for table in REFERENCE:
                connection.execute(table.update().values(precedence=0))
        keys = connection.execute(_ALL, {"season": season}).scalars().all()
        return states.reopen(connection, keys)

    return transaction(engine, work)


# Applied captures come first, so that better rows are served early.
_STALE = query(__name__, "stale_captures")
_ALL = query(__name__, "all_captures")
