"""What a source implements. A new source is one file with a class of this kind.

A capture is read page by page: the first page has the total, then the others are requested;
rows have keys, so that missing ones can be requested in another way. The pages are
kept as they came: the worker reads them.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

import httpx
import msgspec

from f1_core.capture import Page
from f1_ingest.calendar import ScheduledRace

Key = tuple[str, ...]

UNREADABLE = (msgspec.MsgspecError, ValueError, ArithmeticError, RecursionError)
"""What reading a hostile or broken response raises, beside our own errors."""


@dataclass(frozen=True)
class Wanted:
    """One capture to be made: a resource of a race, or (`race` None) of a season."""

    resource: str
    season: int
    race: ScheduledRace | None = None

    @property
    def round(self) -> int | None:
        """The race's round."""
        return self.race.round if self.race else None

    def __str__(self) -> str:
        return f"{self.resource} of {self.season}" + (f" round {self.round}" if self.race else "")


@dataclass(frozen=True)
class Request:
    """One request.

    Attributes:
        url: without the query.
        name: the page's name in the capture, where its URL does not have it.
        headers: of this source's host alone; a redirect elsewhere does not get them.
        offset, limit: which rows of the whole listing; None if it is none, but a filter.
        search: the other way in which missing rows are requested.
    """

    url: str
    params: dict[str, str] = field(default_factory=dict)
    name: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    offset: int | None = None
    limit: int | None = None
    search: Any = None

    @property
    def full_url(self) -> str:
        """With its query, as it is written into the capture."""
        return str(httpx.URL(self.url, params=self.params) if self.params else self.url)


@dataclass(frozen=True)
class Rows:
    """What a page holds: the keys of its rows, and the whole listing's total if it promises one."""

    request: Request
    keys: tuple[Key, ...]
    total: int | None = None


@dataclass(frozen=True)
class Source(ABC):
    """A source that is read resource by resource.

    Attributes:
        url: without a `/` at its end.
        name: as in the ledger.
        budget: the request budget that it spends; None: none, since it sends no requests.
        synthetic: its data is invented, and marked so everywhere.
        resources: what it has.
        transport: how requests leave; None: over the network.
    """

    url: str
    name: str
    budget: str | None
    synthetic: bool = False
    resources: frozenset[str] = frozenset()
    transport: httpx.BaseTransport | None = None

    @abstractmethod
    def first(self, wanted: Wanted, attempt: int) -> Request:
        """The first page. A capture that starts anew has other URLs, past the cache."""

    @abstractmethod
    def rest(self, wanted: Wanted, attempt: int, first: Rows, content: bytes) -> Sequence[Request]:
        """The other pages, once the first is there."""

    @abstractmethod
    def rows(self, wanted: Wanted, request: Request, content: bytes) -> Rows:
        """Read a page.

        Raises:
            BadAnswer: it is no response to `request`.
        """

    def elsewhere(self, wanted: Wanted, pages: Sequence[Rows]) -> Request | None:  # noqa: ARG002
        """The next request for rows that no page had; None: none is left."""
        return None

    def passes(self, status: int, detail: str) -> bool:  # noqa: ARG002
        """Whether a refusal (4xx) is temporary: it counts as an outage and is retried."""
        return False


@dataclass(frozen=True)
class Download:
    """How an archive's source gets bytes.

    Attributes:
        get: sends a request within the budget and time limits; its second argument checks the body.
        now: Postgres' clock.
    """

    get: Callable[[Request, Callable[[bytes], bytes]], Page]
    now: Callable[[], datetime]


class Archive(Protocol):
    """A source that is read whole: a dump, or a folder of files."""

    @property
    def name(self) -> str:
        """As in the ledger."""

    @property
    def budget(self) -> str:
        """Whose request budget its downloads spend."""

    def read(self, location: str | None, download: Download) -> list[Page]:
        """All files of the archive, or the one zip as it came.

        Args:
            location: a path or URL; None: where the source itself keeps it.

        Raises:
            BadArchive: it is none, is damaged, or is too large.
            WrongUsage: `location` is needed, or is not there.
        """
