"""The data dictionary of docs/datasets.md, from the description of the tables.

python -m f1_datasets.dictionary docs/datasets.md
"""

import sys
from pathlib import Path

from f1_datasets.tables import DATASETS, Column, Dataset

BEGIN = "<!-- made from f1_datasets.tables by make dataset-docs -->\n"
_IN_PARQUET = {
    "text": "string",
    "key": "string, dictionary",
    "keys": "list of string",
    "date": "date32",
    "timestamp": "timestamp, ms, UTC",
}


def markdown() -> str:
    """A section for each table, a row for each column."""
    return "\n".join(_section(dataset) for dataset in DATASETS.values())


def updated(document: str) -> str:
    """A document with the part after `BEGIN` generated again."""
    before, _, _ = document.partition(BEGIN)
    return f"{before}{BEGIN}\n{markdown()}"


def _section(dataset: Dataset) -> str:
    lines = [f"### {dataset.name}", "", f"{dataset.about}.", ""]
    lines += ["| column | type | unit | null | |", "|---|---|---|---|---|"]
    lines += [_row(column) for column in dataset.columns]
    return "\n".join([*lines, ""])


def _row(column: Column) -> str:
    kind = _IN_PARQUET.get(column.kind, column.kind)
    null = "never" if column.required else "possible"
    return f"| `{column.name}` | {kind} | {column.unit or ''} | {null} | {column.about} |"


if __name__ == "__main__":
    path = Path(sys.argv[1])
    path.write_text(updated(path.read_text(encoding="utf-8")), encoding="utf-8")
