"""The list of datasets as CSV."""

from collections.abc import Iterator, Sequence
from typing import Any

from f1_api.datasets.models import DatasetFile, Datasets, Snapshot
from f1_api.http.csv_tables import Table

_FILE = DatasetFile.__struct_fields__[:-1]  # all but its snapshot
_SNAPSHOT = ("key", "bytes", "sha256", "written_at")
assert set(_SNAPSHOT) < set(Snapshot.__struct_fields__)


def files_table(answer: Datasets) -> Table:
    """A row for each dataset, with its snapshot in S3."""

    def rows() -> Iterator[Sequence[Any]]:
        for one in answer.datasets:
            stored = (getattr(one.snapshot, name, None) for name in _SNAPSHOT)
            yield [*(getattr(one, name) for name in _FILE), *stored]

    return Table([*_FILE, *(f"snapshot_{name}" for name in _SNAPSHOT)], rows())
