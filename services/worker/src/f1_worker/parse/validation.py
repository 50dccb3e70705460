"""Messages about inconsistencies of a capture, for the person who may accept it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from f1_core.resources import RESOURCES

EXAMPLES = 3


def disagreement(resource: str, name: str, before: str, after: str) -> str:
    """Two pages have the same row with different content: "lap 12 of hamilton: time_ms is ..."."""
    old, new = before.split("\t"), after.split("\t")
    kind = RESOURCES.get(resource)
    columns = kind.columns if kind else tuple(map(str, range(len(old))))
    # Not strict: lines of standings lack their last column until all pages are read.
    differences = (
        f"{column} is {a} and {b}"
        for column, a, b in zip(columns, old, new, strict=False)
        if a != b
    )
    return f"{name}: " + ", ".join(differences)


def disagreements(found: list[str]) -> list[str]:
    """The message about pages that disagree."""
    if not found:
        return []
    more = f"; and {len(found) - EXAMPLES} more" if len(found) > EXAMPLES else ""
    return ["the pages disagree on " + "; ".join(found[:EXAMPLES]) + more]


def incomplete(rows: int, expected: int | None, gaps: Iterable[str]) -> list[str]:
    """The message when the source promised another number of rows; `gaps` names missing rows."""
    if expected is None or rows == expected:
        return []
    if rows > expected:
        return [f"there are {rows} rows, and the source promised {expected}"]
    first = list(islice(gaps, EXAMPLES + 1))
    shown = ", ".join(first[:EXAMPLES]) + (", ..." if len(first) > EXAMPLES else "")
    where = f" ({shown})" if first else ""
    missing = expected - rows
    return [f"{missing} of {expected} rows {'is' if missing == 1 else 'are'} missing{where}"]


def gaps(resource: str, keys: Iterable[tuple[str, ...]]) -> Iterator[str]:
    """Missing rows between others: laps and stops of a driver are numbered."""
    noun = RESOURCES[resource].numbered
    if noun is None:
        return
    numbers: defaultdict[str, set[int]] = defaultdict(set)
    for driver_id, number, *_ in keys:
        numbers[driver_id].add(int(number))
    for driver_id, found in sorted(numbers.items()):
        for missing in sorted(set(range(1, max(found))) - found):
            yield f"{noun} {missing} of {driver_id}"


def first(reasons: Sequence[str], most: int) -> list[str]:
    """The first of many reasons, and the number of others."""
    more = len(reasons) - most
    return [*reasons[:most], *([f"and {more} more"] if more > 0 else [])]


def joined(reasons: Sequence[str]) -> str | None:
    """Some reasons as one sentence; None: there are none."""
    return "; ".join(first(reasons, EXAMPLES)) or None
