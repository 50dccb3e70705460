"""A capture: one complete reading of one resource, as one JSON object in S3.

The object contains a header and the pages as they were received. A JSON body is stored byte for
byte, so that `jq '.pages[0].body.MRData.total'` works and its sha256 can be checked; text (CSV) is
stored as a string, anything else as base64.

    {"header": {"format": 1, "source": "jolpica", "resource": "laps", "season": 2024, "round": 5,
                "order": 812, "total": 1055, ...},
     "pages":  [{"url": "...", "offset": 0, "sha256": "...", "body": {"MRData": ...}}, ...]}
"""

import base64
import hashlib
import re
from datetime import UTC, datetime
from typing import Annotated, Self

import msgspec

from f1_core.errors import BadCapture

FORMAT = 1

ARCHIVE = "archive"
"""The resource of a capture that holds many races and resources at once: a dump or a folder."""


# The limits of the ledger's columns, since the bucket may contain any object.
Count = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]
Order = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
Short = Annotated[str, msgspec.Meta(max_length=200)]
Url = Annotated[str, msgspec.Meta(max_length=8192)]
Utc = Annotated[datetime, msgspec.Meta(tz=True)]


class Race(msgspec.Struct, frozen=True, omit_defaults=True):
    """The race of a capture, as in the schedule when the fetch started."""

    season: Count
    round: Count
    circuit_id: Short
    date: Short


class Header(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The description of a capture. Times are UTC, ISO 8601.

    Attributes:
        order: issued by Postgres when the fetch starts; decides which of two captures is newer.
        total: number of rows according to the source, if it has one.
        requests: of the fetch, including retries and rows fetched again.
        edge_requests: those of `requests` spent on rows lost at page edges.
        run: the ingest run, as in its logs.
    """

    format: int = FORMAT
    source: Short
    resource: Short
    order: Order
    started_at: Utc
    fetched_at: Utc
    season: Count | None = None
    round: Count | None = None
    race: Race | None = None
    total: Count | None = None
    requests: Count = 0
    edge_requests: Count = 0
    synthetic: bool = False
    run: Short | None = None


class Page(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One response: `url` is the request's, `name` the file of an archive, `content` the bytes."""

    url: Url
    sha256: Short
    fetched_at: Utc
    name: Url | None = None
    body: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    text: str | None = None
    base64: str | None = None

    @classmethod
    def of(cls, url: str, content: bytes, fetched_at: datetime, name: str | None = None) -> Self:
        """Wrap a response so that :attr:`content` returns exactly its bytes."""
        known = {
            "url": url,
            "sha256": hashlib.sha256(content).hexdigest(),
            "fetched_at": fetched_at,
            "name": name,
        }
        # Embedded JSON would lose white space around the body.
        if content[:1] in b"{[" and content[-1:] in b"}]" and _is_json(content):
            return cls(**known, body=msgspec.Raw(content))  # type: ignore[arg-type]
        try:
            return cls(**known, text=content.decode())  # type: ignore[arg-type]
        except UnicodeDecodeError:
            return cls(**known, base64=base64.b64encode(content).decode())  # type: ignore[arg-type]

    @property
    def content(self) -> bytes:
        """The response's bytes, unchanged."""
        if self.body is not msgspec.UNSET:
            return bytes(self.body)
        if self.text is not None:
            return self.text.encode()
        return base64.b64decode(self.base64 or "")


class PageFacts(msgspec.Struct, frozen=True):
    """A page in the ledger: its fields, and the size of its content instead of the content."""

    url: str
    name: str | None
    sha256: str
    bytes: int
    fetched_at: datetime


class Capture(msgspec.Struct, frozen=True):
    """A capture as stored in S3."""

    header: Header
    pages: Annotated[list[Page], msgspec.Meta(max_length=10_000)]

    def encode(self) -> bytes:
        """The object's bytes."""
        return msgspec.json.encode(self)

    def page_facts(self) -> list[PageFacts]:
        """The facts of its pages, in order."""
        return [
            PageFacts(page.url, page.name, page.sha256, len(page.content), page.fetched_at)
            for page in self.pages
        ]

    @property
    def key(self) -> str:
        """The object's key; :func:`parse_key` reads it back."""
        h = self.header
        started = h.started_at.astimezone(UTC)
        return (
            f"raw/{started:%Y-%m-%d}/{h.source}/{started:%Y%m%dT%H%M%SZ}"
            f"-{h.season or 0:04d}-{h.round or 0:02d}-{h.resource}-{h.order:012d}.json"
        )


class KeyParts(msgspec.Struct, frozen=True):
    """The values in an object's key."""

    source: str
    resource: str
    season: int | None
    round: int | None
    order: int
    started_at: datetime


# Numbers must fit the ledger's columns: the bucket may contain any object.
_KEY = re.compile(
    r"raw/\d{4}-\d\d-\d\d/(?P<source>[a-z0-9-]+)/(?P<at>\d{8}T\d{6}Z)"
    r"-(?P<season>\d{4})-(?P<round>\d\d)-(?P<resource>[a-z]+)-(?P<order>\d{12,14})\.json",
    re.ASCII,
)


def parse_key(key: str) -> KeyParts | None:
    """Read a key; None if it is not a capture's."""
    match = _KEY.fullmatch(key)
    if match is None:
        return None
    try:
        at = datetime.strptime(match["at"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None
    return KeyParts(
        source=match["source"],
        resource=match["resource"],
        season=int(match["season"]) or None,
        round=int(match["round"]) or None,
        order=int(match["order"]),
        started_at=at,
    )


_decoder = msgspec.json.Decoder(Capture)


def decode(content: bytes) -> Capture:
    """Read an object and check every page against its sha256.

    Raises:
        BadCapture: not a capture, of an unknown format, or changed since it was written.
    """
    try:
        capture = _decoder.decode(content)
        if capture.header.format != FORMAT:
            raise BadCapture(
                f"the capture has format {capture.header.format}, this program reads {FORMAT}"
            )
        for number, page in enumerate(capture.pages, 1):
            if hashlib.sha256(page.content).hexdigest() != page.sha256:
                raise BadCapture(f"page {number} ({page.url}) does not match its sha256")
    # Deep nesting raises RecursionError, invalid base64 raises ValueError.
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise BadCapture(f"the object is not a capture: {error}") from error
    times = (capture.header.started_at, capture.header.fetched_at)
    for time in (*times, *(page.fetched_at for page in capture.pages)):
        if not _EARLIEST <= time <= _LATEST:
            raise BadCapture(f"the capture has the implausible time {time.isoformat()}")
    return capture


# Readers can add days to times within these limits.
_EARLIEST = datetime(1971, 1, 1, tzinfo=UTC)
_LATEST = datetime(2999, 1, 1, tzinfo=UTC)


def _is_json(content: bytes) -> bool:
    try:
        msgspec.json.decode(content, type=msgspec.Raw)
        content.decode()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True
