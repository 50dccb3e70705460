"""A capture's pages as typed answers, with the promised totals."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from f1_core import jolpica
from f1_core.capture import Capture, Header
from f1_core.errors import BadCapture
from f1_worker.parse import cells
from f1_worker.parse.pages import contents
from f1_worker.parse.schedule import season_number


class Answer(NamedTuple):
    """One page: its number from 1, the requested path, the promised total, and its entries."""

    page: int
    path: str
    total: int
    entries: Sequence[Any]


def read(capture: Capture) -> list[Answer]:
    """Decode all pages.

    Raises:
        BadCapture: a page is not a response about the header's resource.
    """
    header = capture.header
    if header.resource not in jolpica.ROWS:
        raise BadCapture(f"{header.source} has no resource {header.resource!r}")
    return list(_read(capture))


def _read(capture: Capture) -> Iterator[Answer]:
    decoder = jolpica.ROWS[capture.header.resource]
    for number, content in contents(capture):
        try:
            data = decoder.decode(content).data
            total = int(cells.count(data.total, "total", 0, 10_000_000))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise BadCapture(
                f"page {number} is not a response about {capture.header.resource}: {error}"
            ) from error
        except cells.Unreadable as error:
            raise BadCapture(f"page {number} has {error}") from error
        path = capture.pages[number - 1].url.partition("?")[0]
        yield Answer(number, path, total, data.table.entries)


def expected_rows(header: Header, answers: Sequence[Answer]) -> int:
    """The number of rows that the source promised."""
    if header.total is not None:
        return header.total
    return max(answer.total for answer in answers)


def disagreeing_totals(answers: Sequence[Answer]) -> list[str]:
    """A problem if the total changes between pages."""
    # Filtered pages promise a smaller number: only pages of one path are compared.
    first: dict[str, Answer] = {}
    for answer in answers:
        before = first.setdefault(answer.path, answer)
        if answer.total != before.total:
            promises = f"page {before.page} promises {before.total} rows, page {answer.page}"
            return [f"{promises} promises {answer.total}: the source changed during the fetch"]
    return []


def season_of(header: Header, season: str) -> int:
    """The season of an entry, which must be the requested one."""
    number = season_number(season)
    if header.season not in (None, number):
        raise cells.Unreadable("season", season, f"and {header.season} was requested")
    return number
