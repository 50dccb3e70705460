"""Jolpica's CSV dump, made from a dataset: a zip of `formula_one_*.csv`.

Header first, `id` and then the other columns by name; integer keys; durations as `HH:MM:SS.mmm`,
booleans as t and f, null as an empty field.
"""

import csv
import hashlib
import io
import zipfile
from dataclasses import dataclass
from typing import Any

from f1_devkit.servers.jolpica.dump_tables import Tables
from f1_ingest.synthetic.dataset import Dataset


@dataclass(frozen=True)
class Dump:
    """A dump for download."""

    content: bytes
    uploaded_at: str = "2026-01-01T00:00:00.000000Z"

    @property
    def file_hash(self) -> str:
        """Its sha256."""
        return hashlib.sha256(self.content).hexdigest()


def make(dataset: Dataset) -> Dump:
    """Write a dataset as a dump; the same bytes each time."""
    tables = Tables(dataset)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, rows in tables.rows.items():
            text = io.StringIO(newline="")
            columns = ["id", *sorted(key for key in rows[0] if key != "id")] if rows else ["id"]
            writer = csv.DictWriter(text, columns, lineterminator="\n")
            writer.writeheader()
            writer.writerows({key: _cell(value) for key, value in row.items()} for row in rows)
            member = zipfile.ZipInfo(f"formula_one_{name}.csv", (2026, 1, 1, 0, 0, 0))
            member.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(member, text.getvalue())
    return Dump(packed.getvalue())


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "t" if value else "f"
    return "" if value is None else value
