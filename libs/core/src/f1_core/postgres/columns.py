"""What the tables of all modules share: naming of constraints, types, keys of rows."""

import sqlalchemy as sa

metadata = sa.MetaData(
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "fk": "%(table_name)s_%(column_0_name)s_fkey",
        "ix": "%(table_name)s_%(column_0_N_name)s_idx",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "ck": "%(table_name)s_%(constraint_name)s_check",
    }
)

Key = sa.Text(collation="C")
TimestampUTC = sa.DateTime(timezone=True)


def race_key(*, primary_key: bool = False) -> sa.Column[str]:
    """The race that a row is of; it goes with the race."""
    return sa.Column(
        "race_id",
        Key,
        sa.ForeignKey("races.race_id", ondelete="CASCADE"),
        nullable=False,
        primary_key=primary_key,
    )


def driver_key(*, primary_key: bool = False) -> sa.Column[str]:
    """The driver that a row is of."""
    return sa.Column(
        "driver_id",
        Key,
        sa.ForeignKey("drivers.driver_id"),
        nullable=False,
        primary_key=primary_key,
    )


def constructor_key() -> sa.Column[str]:
    """The constructor that a row is of."""
    return sa.Column(
        "constructor_id", Key, sa.ForeignKey("constructors.constructor_id"), nullable=False
    )


def precedence() -> sa.Column[int]:
    """Which capture the row is from, as an order: see :mod:`f1_core.postgres.schema`."""
    return sa.Column("precedence", sa.BigInteger, nullable=False, server_default="0")
