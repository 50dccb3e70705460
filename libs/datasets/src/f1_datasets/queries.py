"""The queries, by name, with psycopg2's parameters: ``%(season)s``, and ``%(race_id)s``, which is
null for all races of the season. Each has a total order of its rows.
"""

import importlib.resources
from functools import cache

from f1_datasets.tables import DATASETS

CAPTURES = "dataset_captures"
"""The rows for :meth:`f1_datasets.origin.Origin.of`."""
COUNTS = "dataset_counts"
"""One row: the number of rows of each dataset, in the order of `DATASETS`."""


@cache
def queries() -> dict[str, str]:
    """All: ``dataset_lap_times`` and so on, `CAPTURES` and `COUNTS`."""
    found = {f"dataset_{name}": _read(name) for name in DATASETS}
    counts = ",\n".join(f"(SELECT count(*) FROM ({one}) AS x)" for one in found.values())  # noqa: S608
    return {**found, CAPTURES: _read("captures"), COUNTS: f"SELECT {counts}"}


def of(name: str) -> str:
    """The query of a dataset's rows."""
    return queries()[f"dataset_{name}"]


def _read(name: str) -> str:
    file = importlib.resources.files("f1_datasets") / "sql" / f"{name}.sql"
    return file.read_text(encoding="utf-8")
