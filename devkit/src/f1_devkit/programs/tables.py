"""All tables as plain rows, to compare two databases."""

import sqlalchemy as sa

from f1_core.postgres.racing import races
from f1_core.postgres.schema import REPLAYED

Rows = list[tuple[object, ...]]
NOT_REPLAYED = {
    "captures": {
        "attempts",
        "not_before",
        "lease_owner",
        "lease_expires_at",
        "announced_at",
        "finished_at",
    }
}
"""Columns about when and how often a database worked on a capture."""


def read_tables(engine: sa.Engine) -> dict[str, Rows]:
    """Every table that a replay rebuilds, all rows, sorted by key."""
    tables = {}
    with engine.connect() as connection:
        for table in REPLAYED:
            skipped = NOT_REPLAYED.get(table.name, set())
            columns = [column for column in table.columns if column.name not in skipped]
            query = sa.select(*columns).order_by(*table.primary_key.columns)
            tables[table.name] = [tuple(row) for row in connection.execute(query)]
    return tables


def read_season(engine: sa.Engine, year: int) -> dict[str, Rows]:
    """A season's races and all rows that refer to a race, sorted by key: independent of where and
    how often it was fetched.
    """
    of_the_season = sa.select(races.c.race_id).where(races.c.season == year)
    tables = {}
    with engine.connect() as connection:
        for table in REPLAYED:
            if table is races or any(key.column.table is races for key in table.foreign_keys):
                query = sa.select(table).where(table.c.race_id.in_(of_the_season))
                ordered = query.order_by(*table.primary_key.columns)
                tables[table.name] = [tuple(row) for row in connection.execute(ordered)]
    return tables


def count(engine: sa.Engine, table: str) -> int:
    """Rows of a table."""
    with engine.connect() as connection:
        rows = sa.select(sa.func.count()).select_from(sa.table(table))
        return int(connection.execute(rows).scalar_one())
