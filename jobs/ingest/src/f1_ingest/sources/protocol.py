"""What ingest knows of a source. A new source is one file with a class of this kind.

A capture is read page by page: the first page is asked for, tells how many there are, then the
others; rows are known by their keys, so that what is missing can be looked for by another way.
The pages themselves are kept as they came: what they mean is the worker's business.
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
"""What reading a hostile or broken answer raises, beside our own errors."""


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
class Ask:
    """One request.

    Attributes:
        url: without the query.
        name: what the page is called in the capture, where its URL does not tell.
        headers: of this source's host alone; a redirect elsewhere does not get them.
        offset, limit: which rows of the whole listing; None if it is none, but a filter.
        look: the other way by which a page's missing rows are asked for.
    """

    url: str
    params: dict[str, str] = field(default_factory=dict)
    name: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    offset: int | None = None
    limit: int | None = None
    look: Any = None

    @property
    def full_url(self) -> str:
        """With its query, as it is written into the capture."""
        return str(httpx.URL(self.url, params=self.params) if self.params else self.url)


@dataclass(frozen=True)
class Rows:
    """What a page holds: the keys of its rows, and the whole listing's total if it promises one."""

    ask: Ask
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
    def first(self, wanted: Wanted, attempt: int) -> Ask:
        """The first page. A capture that starts anew has other URLs, past the cache."""

    @abstractmethod
    def rest(self, wanted: Wanted, attempt: int, first: Rows, content: bytes) -> Sequence[Ask]:
        """The other pages, once the first is there."""

    @abstractmethod
    def rows(self, wanted: Wanted, ask: Ask, content: bytes) -> Rows:
        """Read a page.

        Raises:
            BadAnswer: it is no response to `ask`.
        """

    def elsewhere(self, wanted: Wanted, pages: Sequence[Rows]) -> Ask | None:  # noqa: ARG002
        """The next request for rows that no page had; None: none is left."""
        return None

    def passes(self, status: int, detail: str) -> bool:  # noqa: ARG002
        """Whether a refusal (4xx) passes by itself, so that it counts as an outage."""
        return False


@dataclass(frozen=True)
class Download:
    """How an archive's source gets bytes.

    Attributes:
        get: asks within the budget and with patience, and takes what its second argument takes.
        now: Postgres' clock.
    """

    get: Callable[[Ask, Callable[[bytes], bytes]], Page]
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
