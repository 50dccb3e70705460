"""Pages: `limit` and `offset`, and rows with how many there are in all."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from f1_api.ergast.texts import Shape
from f1_api.postgres.pool import Row, Snapshot

DEFAULT_LIMIT = 30
_FARTHEST = 2**31 - 1


class Page(NamedTuple):
    """Which rows are wanted: `limit` of them from `offset` on."""

    limit: int
    offset: int


class Found(NamedTuple):
    """A page of an answer: what stands in the table's list, and how many rows there are in all.

    `round`: the one that the answer is of, where the question may leave it open.
    """

    total: int
    items: list[Shape]
    round: str | None = None


NOTHING = Found(0, [])


def read(limit: str | None, offset: str | None, *, most: int) -> Page:
    """The page that is asked for. What cannot be read is taken for the default, as Jolpica does."""
    return Page(min(_whole(limit) or DEFAULT_LIMIT, most), _whole(offset))


def cut(items: list[Shape], page: Page) -> Found:
    """A page of a list that is here as a whole."""
    return Found(len(items), items[page.offset : page.offset + page.limit])


def rows(
    snapshot: Snapshot, name: str, given: Mapping[str, Any], page: Page
) -> tuple[int, list[Row]]:
    """A page of a query that counts its rows in its first column; that column is left out."""
    asked = {**given, "limit": page.limit, "offset": page.offset}
    found = snapshot.rows(name, asked)
    if found or not page.offset:
        return (found[0][0] if found else 0), [row[1:] for row in found]
    first = snapshot.row(name, {**asked, "limit": 1, "offset": 0})  # behind the end: how many then?
    return (first[0] if first else 0), []


def _whole(text: str | None) -> int:
    text = (text or "").strip()  # R's paste() puts a space before what it adds
    if not (text.isascii() and text.isdecimal()):
        return 0
    return min(int(text), _FARTHEST) if len(text) < 100 else _FARTHEST
