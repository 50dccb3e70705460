"""Reads archives from disk and from the network, within size limits.

A zip is checked before it is unpacked (f1_core.store.zips), then read once to count its bytes,
since its directory can be wrong; the checksum of each member is checked, so that a damaged download
never becomes a capture.

Only regular files of a folder are read: a symbolic link may lead to any file of this machine, and
a named pipe never ends. The location itself may be a link, since the user chose it.
"""

import os
import stat
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import httpx

from f1_core.capture import Page
from f1_core.foreign import shown
from f1_core.store import zips
from f1_ingest.errors import BadArchive, BadResponse, WrongUsage
from f1_ingest.sources.protocol import Download, Request
from f1_ingest.urls import is_url

_CHUNK = 2**20


@dataclass(frozen=True)
class CsvArchive:
    """An archive of CSV files, and its limits.

    Attributes:
        max_bytes: of a zip as it is read; `caps` are the limits of its unpacked files.
        required: files that this archive has to contain.
    """

    max_bytes: int
    caps: zips.Caps
    required: frozenset[str]

    def read(self, location: str, download: Download) -> list[Page]:
        """A folder's CSV files as pages, or one page with the unchanged zip.

        Raises:
            BadArchive: it is not this archive, is damaged, or is too large.
            WrongUsage: `location` does not exist.
        """
        if location.startswith(("http://", "https://")):
            if not is_url(location):
                raise WrongUsage(f"{shown(location)!r} is not a URL")
            request = Request(location, name=_file_name(location))
            return [download.get(request, lambda c: self.checked(self.must_be_zip(c)))]
        path = Path(location)
        if path.is_dir():
            return self._folder(path, download)
        if not path.is_file():
            raise WrongUsage(f"there is no folder or file {shown(location)}")
        content = self.checked(_read(path, self.max_bytes, os.O_RDONLY))
        return [Page.of(f"file:{path.name}", content, download.now(), path.name)]

    def must_be_zip(self, content: bytes) -> bytes:
        """The downloaded content, if it begins like a zip.

        Raises:
            BadResponse: it is something else, such as a proxy's page; another attempt may help.
        """
        if not content.startswith(b"PK"):
            raise BadResponse("not a zip")
        return content

    def checked(self, content: bytes) -> bytes:
        """The zip, if it is accepted.

        Raises:
            BadArchive: it is not.
        """
        try:
            archive, members = zips.open_zip(content, self.caps)
            self._require(PurePosixPath(info.filename).name for info in members)
            with zips.reading():
                self._read_through(archive, members, len(content))
        except zips.BadZip as error:
            raise BadArchive(str(error)) from error
        return content

    def _folder(self, folder: Path, download: Download) -> list[Page]:
        names: list[str] = []
        with _readable(folder), os.scandir(folder) as entries:
            for entry in entries:
                if not entry.name.endswith(".csv") or entry.is_dir(follow_symlinks=False):
                    continue
                names.append(entry.name)
                if len(names) > self.caps.members:
                    raise BadArchive(f"it has more than {self.caps.members} files")
        self._require(names)
        left = self.caps.unpacked
        pages: list[Page] = []
        for name in sorted(names):
            content = _read(folder / name, left, os.O_RDONLY | os.O_NOFOLLOW)
            left -= len(content)
            pages.append(Page.of(f"file:{name}", content, download.now(), name))
        return pages

    def _read_through(
        self, archive: zipfile.ZipFile, members: list[zipfile.ZipInfo], packed: int
    ) -> None:
        unpacked = 0
        for info in members:
            with zips.open_member(archive, info) as member:
                while chunk := member.read(_CHUNK):
                    unpacked += len(chunk)
                    self.caps.check(unpacked, packed)

    def _require(self, names: Iterable[str]) -> None:
        missing = self.required - set(names)
        if missing:
            raise BadArchive(f"it lacks {', '.join(sorted(missing))}: not this source's archive")


def _file_name(url: str) -> str:
    return PurePosixPath(httpx.URL(url).path).name or "archive.zip"


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Raise BadArchive for a system error while a file is read."""
    try:
        yield
    except OSError as error:
        raise BadArchive(f"{shown(path.name)} cannot be read: {error.strerror}") from error


def _read(path: Path, most: int, flags: int) -> bytes:
    """Read a regular file, which must not change during that time.

    Raises:
        BadArchive: it is not a regular file, is too large, cannot be read, or changed.
    """
    name = shown(path.name)
    with _readable(path):
        # Without O_NONBLOCK, opening a named pipe would wait for a writer.
        opened = os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(opened, "rb") as file:
            before = os.fstat(opened)
            if not stat.S_ISREG(before.st_mode):
                raise BadArchive(f"{name} is not a regular file")
            content = b"" if before.st_size > most else file.read(most + 1)
            after = os.fstat(opened)
    if max(before.st_size, len(content)) > most:
        raise BadArchive(f"{name} is larger than the {most / 2**20:g} MB allowed")
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or len(
        content
    ) != after.st_size:
        raise BadArchive(f"{name} changed during the import")
    return content
