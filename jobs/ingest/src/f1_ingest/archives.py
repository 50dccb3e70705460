"""Archives from disk and from the network, and how large they may be before they are believed.

A zip is checked before anything of it is unpacked (members, sizes, ratio, as its directory tells
them), then read through once, counting, since a directory can lie; each member's checksum is
checked on the way, so that a damaged download never becomes a capture.
"""

import io
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import httpx

from f1_core.capture import Page
from f1_ingest.errors import BadAnswer, BadArchive, WrongUsage
from f1_ingest.settings import ArchiveSettings
from f1_ingest.sources.protocol import Ask, Download

_CHUNK = 2**20


@dataclass(frozen=True)
class Caps:
    """What is taken at most."""

    packed: int
    unpacked: int
    ratio: int
    members: int

    @classmethod
    def of(cls, settings: ArchiveSettings) -> "Caps":
        """In bytes, from settings in MB."""
        mb = 2**20
        return cls(
            settings.max_mb * mb,
            settings.max_unpacked_mb * mb,
            settings.max_ratio,
            settings.max_members,
        )


@dataclass(frozen=True)
class CsvArchive:
    """Where an archive of CSV files comes from, and what has to be in it.

    Attributes:
        required: files without which it is not this archive.
    """

    caps: Caps
    required: frozenset[str]

    def read(self, location: str, download: Download) -> list[Page]:
        """A folder's CSV files as pages, or one page that is the zip as it came.

        Raises:
            BadArchive: it is none, is damaged, or is too large.
            WrongUsage: there is nothing at `location`.
        """
        if location.startswith(("http://", "https://")):
            ask = Ask(location, name=_file_name(location))
            return [download.get(ask, lambda c: self.checked(self.must_be_zip(c)))]
        path = Path(location)
        if path.is_dir():
            return self._folder(path, download)
        if not path.is_file():
            raise WrongUsage(f"there is no folder or file {location}")
        if path.stat().st_size > self.caps.packed:
            raise BadArchive(f"{path.name} is larger than {_mb(self.caps.packed)} MB")
        content = self.checked(path.read_bytes())
        return [Page.of(f"file:{path.name}", content, download.now(), path.name)]

    def must_be_zip(self, content: bytes) -> bytes:
        """What was downloaded, if it begins as a zip does.

        Raises:
            BadAnswer: it is something else, such as the page of a proxy; asking again may help.
        """
        if not content.startswith(b"PK"):
            raise BadAnswer("not a zip")
        return content

    def checked(self, content: bytes) -> bytes:
        """The zip, if it can be taken.

        Raises:
            BadArchive: it cannot.
        """
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                members = [info for info in archive.infolist() if not info.is_dir()]
                self._check_directory(members, len(content))
                self._require(PurePosixPath(info.filename).name for info in members)
                self._read_through(archive, members)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
            raise BadArchive(f"not a zip, or a damaged one: {error}") from error
        return content

    def _folder(self, folder: Path, download: Download) -> list[Page]:
        files = sorted(path for path in folder.glob("*.csv") if path.is_file())
        self._require(path.name for path in files)
        if len(files) > self.caps.members:
            raise BadArchive(f"it has {len(files)} files, more than {self.caps.members}")
        if sum(path.stat().st_size for path in files) > self.caps.unpacked:
            raise BadArchive(f"it is larger than {_mb(self.caps.unpacked)} MB")
        return [
            Page.of(f"file:{path.name}", path.read_bytes(), download.now(), path.name)
            for path in files
        ]

    def _check_directory(self, members: list[zipfile.ZipInfo], packed: int) -> None:
        if len(members) > self.caps.members:
            raise BadArchive(f"it has {len(members)} files, more than {self.caps.members}")
        if any(info.flag_bits & 1 for info in members):
            raise BadArchive("it is encrypted")
        self._check_size(sum(info.file_size for info in members), packed)

    def _check_size(self, unpacked: int, packed: int) -> None:
        if unpacked > self.caps.unpacked:
            raise BadArchive(f"it unpacks to more than {_mb(self.caps.unpacked)} MB")
        # Small files may well shrink to nothing.
        if unpacked > 2**20 and unpacked > packed * self.caps.ratio:
            raise BadArchive(f"it unpacks to more than {self.caps.ratio} times its size")

    def _read_through(self, archive: zipfile.ZipFile, members: list[zipfile.ZipInfo]) -> None:
        unpacked = 0
        packed = sum(info.compress_size for info in members)
        for info in members:
            with archive.open(info) as member:
                while chunk := member.read(_CHUNK):
                    unpacked += len(chunk)
                    self._check_size(unpacked, packed)

    def _require(self, names: Iterable[str]) -> None:
        missing = self.required - set(names)
        if missing:
            raise BadArchive(f"it lacks {', '.join(sorted(missing))}: not this source's archive")


def _file_name(url: str) -> str:
    return PurePosixPath(httpx.URL(url).path).name or "archive.zip"


def _mb(size: int) -> str:
    return f"{size / 2**20:g}"
