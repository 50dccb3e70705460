"""Pages by `limit` and `offset`, and the total of rows."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from f1_api.ergast.texts import Shape
from f1_api.postgres.pool import Row, Snapshot

DEFAULT_LIMIT = 30
_FARTHEST = 2**31 - 1


class Page(NamedTuple):
    """The requested rows: `limit` of them from `offset` on."""

    limit: int
    offset: int


class Found(NamedTuple):
    """A page of an answer: the items of the table's list, and the total of rows.

    `round`: of the answer, if the request need not have it.
    """

    total: int
    items: list[Shape]
    round: str | None = None


NOTHING = Found(0, [])


def read(limit: str | None, offset: str | None, *, most: int) -> Page:
    """The requested page; invalid values mean the default, as in Jolpica."""
    return Page(min(_whole(limit) or DEFAULT_LIMIT, most), _whole(offset))


def cut(items: list[Shape], page: Page) -> Found:
    """A page of a whole list."""
    return Found(len(items), items[page.offset : page.offset + page.limit])


def rows(
    snapshot: Snapshot, name: str, given: Mapping[str, Any], page: Page
) -> tuple[int, list[Row]]:
    """A page of a query whose first column is the total; that column is left out."""
    parameters = {**given, "limit": page.limit, "offset": page.offset}
    found = snapshot.rows(name, parameters)
    if found or not page.offset:
        return (found[0][0] if found else 0), [row[1:] for row in found]
    first = snapshot.row(name, {**parameters, "limit": 1, "offset": 0})  # for the total
    return (first[0] if first else 0), []


def _whole(text: str | None) -> int:
    text = (text or "").strip()  # R's paste() adds a space
    if not (text.isascii() and text.isdecimal()):
        return 0
    return min(int(text), _FARTHEST) if len(text) < 100 else _FARTHEST
