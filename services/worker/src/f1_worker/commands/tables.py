"""Tables for terminals of any width: keys are never truncated."""

from collections.abc import Sequence


def table(names: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Columns aligned under their names; the last has no maximum width."""
    cells = [[name.upper() for name in names], *([_cell(value) for value in row] for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(names))]
    widths[-1] = 0
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    )


def _cell(value: object) -> str:
    return "-" if value is None else " ".join(str(value).split())
