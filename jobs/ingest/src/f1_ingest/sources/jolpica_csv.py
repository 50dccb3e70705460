"""Jolpica's CSV dump: all of Formula 1 in one download.

The listing has the newest dump and the newest free one (14 days late), each with its sha256.
The download redirects to a storage on another host, which must not get the token.
"""

import hashlib
from dataclasses import dataclass, field
from typing import Annotated

import httpx
import msgspec

from f1_core.capture import Page
from f1_core.foreign import built, shown
from f1_core.store.zips import Caps
from f1_ingest.errors import BadArchive, BadResponse
from f1_ingest.settings import Settings
from f1_ingest.sources.archives import CsvArchive
from f1_ingest.sources.protocol import UNREADABLE, Download, Request
from f1_ingest.urls import is_url

_REQUIRED = frozenset({"formula_one_round.csv", "formula_one_season.csv", "formula_one_lap.csv"})


class _Dump(msgspec.Struct):
    file_hash: Annotated[str, msgspec.Meta(pattern="^[0-9a-fA-F]{64}$")]
    download_url: str


@built
class _Listing(msgspec.Struct):
    latest_dumps: dict[str, _Dump] = {}
    delayed_dumps: dict[str, _Dump] = {}


@dataclass(frozen=True)
class JolpicaCsv:
    """The dump, or one that was already downloaded.

    Attributes:
        token: of a supporter, for the newest dump.
    """

    url: str
    max_bytes: int
    caps: Caps
    token: str | None = field(default=None, repr=False)
    name: str = "jolpica-csv"
    budget: str = "jolpica"

    def read(self, location: str | None, download: Download) -> list[Page]:
        """The unchanged zip, checked against the listing's sha256."""
        archive = CsvArchive(self.max_bytes, self.caps, _REQUIRED)
        if location is not None:
            return archive.read(location, download)
        listing = download.get(
            Request(f"{self.url}/", headers=self._headers), self._checked_listing
        )
        dump = self._choose(listing.content)

        def checked(content: bytes) -> bytes:
            archive.must_be_zip(content)
            found = hashlib.sha256(content).hexdigest()
            if found != dump.file_hash.lower():
                raise BadArchive(f"the dump's sha256 is {found}, not {dump.file_hash} as listed")
            return archive.checked(content)

        # The listing is untrusted: the token is sent to its own host only.
        same_host = httpx.URL(dump.download_url).netloc == httpx.URL(self.url).netloc
        headers = self._headers if same_host else {}
        return [download.get(Request(dump.download_url, name="dump.zip", headers=headers), checked)]

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Token {self.token}"} if self.token else {}

    def _choose(self, content: bytes) -> _Dump:
        listing = msgspec.json.decode(content, type=_Listing)
        dumps = listing.latest_dumps if self.token else listing.delayed_dumps
        if "csv" not in dumps:
            raise BadResponse(f"lists no {'latest' if self.token else 'delayed'} CSV dump")
        dump = dumps["csv"]
        if not is_url(dump.download_url):
            raise BadResponse(f"lists a dump at {shown(dump.download_url)!r}, which is not a URL")
        return dump

    def _checked_listing(self, content: bytes) -> bytes:
        try:
            self._choose(content)
        except UNREADABLE as error:
            raise BadResponse(f"not a listing of dumps: {error}") from error
        return content


def from_settings(settings: Settings) -> JolpicaCsv:
    """The newest dumps with a token, otherwise the free ones, which are older."""
    jolpica, archive = settings.jolpica, settings.archive
    token = jolpica.token.get_secret_value() if jolpica.token else None
    return JolpicaCsv(jolpica.dumps_url, archive.max_bytes, archive.caps, token)
