"""The Postgres schema: the only description of every table, for all programs and Alembic.

The tables are in :mod:`racing`, :mod:`ledger` and :mod:`operations`; `metadata` has all of them.

Keys are derived from the data, so that a replay from S3 makes the same rows again:

* Ergast's text id (``max_verstappen``) identifies a driver, constructor or circuit;
* season and circuit identify a race, ``2024-monaco``; the n-th race at the same circuit in
  one season, by date, ends in ``-n`` (``2020-silverstone-2``). Date and round are attributes:
  a moved or renumbered race keeps its id. See docs/adr/0003-race-identity.md.

Times are integer milliseconds. Text keys use the "C" collation: comparisons are byte-wise,
quicker, and sort the same on every machine.

``precedence`` orders two captures that describe the same thing: the better source first,
then the newer capture (see :mod:`f1_core.sources`).
"""

from f1_core.postgres import (
    columns,
    ledger,
    operations,  # noqa: F401 - so that `metadata` has its tables, too
    racing,
)
from f1_core.resources import OF_A_RACE

metadata = columns.metadata

REPLAYED = (
    racing.drivers,
    racing.constructors,
    racing.circuits,
    racing.seasons,
    racing.races,
    *(metadata.tables[resource.table] for resource in OF_A_RACE),
    racing.aggregations,
    ledger.captures,
    ledger.slice_captures,
    ledger.slices,
    ledger.decisions,
)
"""Tables that a sweep over S3 rebuilds row by row (of `captures`, all but the columns about
when and how often this database worked: attempts, lease, not_before, announced_at, finished_at)."""
