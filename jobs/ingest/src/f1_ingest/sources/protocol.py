"""The interface of a source. A new source is one file with a class that implements it.

A capture is read page by page: the first page has the total, then the others are requested;
rows have keys, so that missing ones can be requested in another way. The pages are stored
unchanged, and the worker reads them.
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
"""Errors of reading a malicious or broken response, beside this program's own."""


@dataclass(frozen=True)
class Target:
    """What to capture: a resource of a race, or (`race` None) of a season."""

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
        name: the page's name in the capture, if its URL does not contain it.
        headers: for this source's host only; a redirect to another host does not get them.
        offset, limit: the rows of the whole listing; None for a filtered listing.
        search: how missing rows are requested, if this request is for some.
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
        """The URL with its query, as it is written into the capture."""
        return str(httpx.URL(self.url, params=self.params) if self.params else self.url)


@dataclass(frozen=True)
class Rows:
    """The keys of a page's rows, and the total of the whole listing, if the page has it."""

    request: Request
    keys: tuple[Key, ...]
    total: int | None = None


@dataclass(frozen=True)
class Source(ABC):
    """A source that is read by resource.

    Attributes:
        url: without a `/` at its end.
        name: as in the ledger.
        budget: the request budget that it spends; None: it sends no requests.
        synthetic: its data is synthetic, and marked as such everywhere.
        resources: the names of its resources.
        transport: of the requests; None: over the network.
    """

    url: str
    name: str
    budget: str | None
    synthetic: bool = False
    resources: frozenset[str] = frozenset()
    transport: httpx.BaseTransport | None = None

    @abstractmethod
    def first(self, target: Target, attempt: int) -> Request:
        """The first page. A new attempt has other URLs, which are not cached."""

    @abstractmethod
    def rest(self, target: Target, attempt: int, first: Rows, content: bytes) -> Sequence[Request]:
        """The other pages, after the first."""

    @abstractmethod
    def rows(self, target: Target, request: Request, content: bytes) -> Rows:
        """Read a page.

        Raises:
            BadResponse: it is not a response to `request`.
        """

    def search(self, target: Target, pages: Sequence[Rows]) -> Request | None:  # noqa: ARG002
        """The next request for rows that no page had; None: none is left."""
        return None

    def is_temporary(self, status: int, detail: str) -> bool:  # noqa: ARG002
        """Whether a refusal (4xx) is temporary: it counts as an outage and is retried."""
        return False


@dataclass(frozen=True)
class Download:
    """The functions by which an archive's source reads bytes.

    Attributes:
        get: sends a request within the budget and time limits; its second argument checks the body.
        now: Postgres' clock.
    """

    get: Callable[[Request, Callable[[bytes], bytes]], Page]
    now: Callable[[], datetime]


class Archive(Protocol):
    """A source that is read as a whole: a dump, or a folder of files."""

    @property
    def name(self) -> str:
        """As in the ledger."""

    @property
    def budget(self) -> str:
        """The request budget that its downloads spend."""

    def read(self, location: str | None, download: Download) -> list[Page]:
        """All files of the archive, or the unchanged zip.

        Args:
            location: a path or URL; None: the source's own location.

        Raises:
            BadArchive: it is not this archive, is damaged, or is too large.
            WrongUsage: `location` is missing, or does not exist.
        """
