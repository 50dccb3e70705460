"""Parts that tables share: naming of constraints, types, keys of rows."""

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
    """The race of a row; the row is deleted with it."""
    return sa.Column(
        "race_id",
        Key,
        sa.ForeignKey("races.race_id", ondelete="CASCADE"),
        nullable=False,
        primary_key=primary_key,
    )


def driver_key(*, primary_key: bool = False) -> sa.Column[str]:
    """The driver of a row."""
    return sa.Column(
        "driver_id",
        Key,
        sa.ForeignKey("drivers.driver_id"),
        nullable=False,
        primary_key=primary_key,
    )


def constructor_key() -> sa.Column[str]:
    """The constructor of a row."""
    return sa.Column(
        "constructor_id", Key, sa.ForeignKey("constructors.constructor_id"), nullable=False
    )


def precedence() -> sa.Column[int]:
    """The precedence of the row's capture: see :mod:`f1_core.postgres.schema`."""
    return sa.Column("precedence", sa.BigInteger, nullable=False, server_default="0")
