"""Jolpica-F1, Ergast's successor, and every server with its protocol.

`{base}/{season}/{round}/{resource}.json?limit=100&offset=...`, in an envelope with
offset, limit, total, season and round. These are compared with the request, since overloaded and
caching servers have responded to other requests.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from f1_core import jolpica
from f1_core.foreign import shown
from f1_core.jolpica import PAGE
from f1_core.resources import RESOURCES, SCHEDULE
from f1_ingest.errors import BadResponse
from f1_ingest.settings import Settings
from f1_ingest.sources.missing_rows import Search, next_search
from f1_ingest.sources.protocol import UNREADABLE, Key, Request, Rows, Source, Target

_NUMBER = re.compile(r"\d{1,7}", re.ASCII)


def _result_key(row: jolpica.ResultKey) -> Key:
    return row.driver.driver_id, row.number, row.position_text


_KEYS: dict[str, Callable[[Any], Iterable[Key]]] = {
    "laps": lambda laps: ((x.number, t.driver_id) for x in laps for t in x.timings),
    "pitstops": lambda stops: ((s.driver_id, s.stop) for s in stops),
    "results": lambda rows: map(_result_key, rows),
    "sprint": lambda rows: map(_result_key, rows),
    "qualifying": lambda rows: ((r.driver.driver_id, r.number) for r in rows),
    "driverstandings": lambda rows: ((r.driver.driver_id,) for r in rows),
    "constructorstandings": lambda rows: ((r.constructor.constructor_id,) for r in rows),
}
"""The keys of a race's rows."""


@dataclass(frozen=True)
class Jolpica(Source):
    """The protocol against one base URL."""

    name: str = "jolpica"
    budget: str | None = "jolpica"
    resources: frozenset[str] = frozenset((SCHEDULE.name, *_KEYS))

    def first(self, target: Target, attempt: int) -> Request:
        """The first page; a new attempt has another page size, and so URLs that are not cached."""
        return self._page(target, 0, PAGE - attempt)

    def rest(
        self,
        target: Target,
        attempt: int,
        first: Rows,
        content: bytes,  # noqa: ARG002
    ) -> Sequence[Request]:
        """The other pages of the listing."""
        size = PAGE - attempt
        return [self._page(target, at, size) for at in range(size, first.total or 0, size)]

    def search(self, target: Target, pages: Sequence[Rows]) -> Request | None:
        """Request rows across an edge, by lap, or by driver."""
        search = next_search(target.resource, pages)
        if search is None:
            return None
        if search.way == "across":
            size = pages[0].request.limit or PAGE
            return self._page(target, int(search.where) - size // 2, size, search)
        path = jolpica.path(
            target.resource, target.season, target.round, **{search.way: search.where}
        )
        return Request(f"{self.url}/{path}", params=jolpica.paging(PAGE, 0), search=search)

    def rows(self, target: Target, request: Request, content: bytes) -> Rows:
        """Read a page's keys, and make sure that it is a response to `request`.

        Raises:
            BadResponse: it is not one.
        """
        try:
            data = jolpica.KEYS[target.resource].decode(content).data
        except UNREADABLE as error:
            raise BadResponse(f"not a response of this protocol: {error}") from error
        offset, limit, total = map(_number, (data.offset, data.limit, data.total))
        requested = int(request.params["offset"]), int(request.params["limit"])
        most = RESOURCES[target.resource].most_rows
        if total > most:
            raise BadResponse(f"has a total of {total} rows, more than {most} {target.resource}")
        if (offset, limit) != requested:
            raise BadResponse(
                f"has offset {offset}, limit {limit}, not {requested[0]}, {requested[1]}"
            )
        _check(target, data.table.season, data.table.round)
        for entry in data.table.entries:
            _check(target, entry.season, entry.round or "none")
        keys = tuple(_keys(target.resource, data.table.entries))
        if len(keys) > limit:
            raise BadResponse(f"has {len(keys)} rows, but {limit} were requested")
        if not keys and request.offset is not None and offset < total:
            raise BadResponse(f"has no rows from {offset} on, but a total of {total}")
        lap = request.search.where if request.search and request.search.way == "lap" else None
        if lap and target.resource == "laps" and any(key[0] != lap for key in keys):
            raise BadResponse(f"has other laps than {lap}")
        return Rows(request, keys, total if request.offset is not None else None)

    def _page(
        self, target: Target, offset: int, limit: int, search: Search | None = None
    ) -> Request:
        path = jolpica.path(target.resource, target.season, target.round)
        return Request(
            f"{self.url}/{path}",
            params=jolpica.paging(limit, offset),
            offset=offset,
            limit=limit,
            search=search,
        )


def _number(text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise BadResponse(f"has {shown(text, 60)!r} instead of a number from 0 to 9999999")
    return int(text)


def _check(target: Target, season: str | None, number: str | None) -> None:
    if season not in (str(target.season), None):
        raise BadResponse(f"has season {shown(season or '', 60)}, not {target.season}")
    if target.race and number not in (str(target.round), None):
        raise BadResponse(f"has round {shown(number or '', 60)}, not {target.round}")


def _keys(resource: str, entries: list[Any]) -> Iterator[Key]:
    if resource == SCHEDULE.name:
        yield from ((race.round or "", race.name, race.date) for race in entries)
        return
    for entry in entries:
        yield from _KEYS[resource](entry.rows)


def from_settings(settings: Settings) -> Jolpica:
    """The public service, or one at another URL."""
    return Jolpica(settings.jolpica.url)
