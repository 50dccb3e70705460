"""The CSV files of an archive: pages that are files, or one page that is a zip of them.

Files are read as streams, so that an archive of a hundred megabytes does not become a gigabyte of
Python strings. A zip's sizes are capped before anything is unpacked.
"""

import csv
import io
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from operator import itemgetter
from pathlib import PurePosixPath
from typing import IO

from f1_core.capture import Capture
from f1_core.errors import BadCapture
from f1_worker.parse.cells import NULL
from f1_worker.parse.pages import contents

MAX_MEMBERS = 200
MAX_UNPACKED = 512 * 1024 * 1024
MAX_RATIO = 100
"""Unpacked to packed: CSV shrinks to a tenth, a bomb to a thousandth."""

_UNZIP_ERRORS = (
    *(zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, EOFError, OSError),
    *(NotImplementedError, RuntimeError, ValueError, IndexError),
)


class Table:
    """One CSV file with a header; a row is asked for by the names of its columns."""

    def __init__(self, name: str, stream: IO[bytes]) -> None:
        self.name = name
        self._reader = csv.reader(
            io.TextIOWrapper(stream, encoding="utf-8-sig", newline=""), strict=True
        )
        self._header = next(self._lines(), [])

    def __str__(self) -> str:
        """The place where reading is: `lap_times.csv line 3`."""
        return f"{self.name} line {self._reader.line_num}"

    def columns(self, *names: str) -> Iterator[tuple[str, ...]]:
        """The rows, of these columns.

        Raises:
            BadCapture: a column is missing though there are rows, a row lacks one of its cells or
                has too many, or the file is no CSV.
        """
        rows = self._full_rows(names)
        first = next(rows, None)
        if first is not None:
            pick = itemgetter(*(self._header.index(name) for name in names))
            yield pick(first)
            yield from map(pick, rows)

    def rows(self, *required: str) -> Iterator[dict[str, str]]:
        """The rows by column name, for files that are small; other columns may be missing.

        A row may lack its last cells, as races.csv of today's archives does: they are null.

        Raises:
            BadCapture: as :meth:`columns`.
        """
        for row in self._full_rows(required):
            yield dict(zip(self._header, row, strict=True))

    def _full_rows(self, required: Sequence[str]) -> Iterator[list[str]]:
        width = len(self._header)
        missing = [name for name in required if name not in self._header]
        found = [self._header.index(name) for name in required if not missing]
        shortest = max(found, default=0) + 1
        for row in self._lines():
            if missing:
                raise BadCapture(f"{self.name} has no column {', '.join(missing)}")
            if len(row) == width:
                yield row
            elif shortest <= len(row) < width:
                yield row + [NULL] * (width - len(row))
            elif row:
                raise BadCapture(f"{self} has {len(row)} columns, its header {width}")

    def _lines(self) -> Iterator[list[str]]:
        try:
            yield from self._reader
        except csv.Error as error:
            raise BadCapture(f"{self} is no CSV: {error}") from error
        except UnicodeDecodeError as error:
            raise BadCapture(f"{self} is no UTF-8: {error}") from error
        except _UNZIP_ERRORS as error:
            raise BadCapture(f"{self} cannot be unpacked: {error}") from error


class Files:
    """The files of an archive by name, folders left off."""

    def __init__(self, capture: Capture) -> None:
        """Look what there is, without unpacking it.

        Raises:
            BadCapture: a page is neither a named CSV file nor a zip, a name comes twice, or a zip
                is broken or too large.
        """
        self._packed: dict[str, tuple[zipfile.ZipFile, zipfile.ZipInfo]] = {}
        self._plain: dict[str, bytes] = {}
        for number, content in contents(capture):
            name = capture.pages[number - 1].name or ""
            if content.startswith(b"PK"):
                self._add_zip(number, content)
            elif name.endswith(".csv"):
                self._add(name)
                self._plain[PurePosixPath(name).name] = content
            else:
                raise BadCapture(f"page {number} ({name!r}) is neither a CSV file nor a zip")

    def __contains__(self, name: str) -> bool:
        return name in self._plain or name in self._packed

    def table(self, name: str) -> Table:
        """Start to read a file.

        Raises:
            BadCapture: it is not there, or cannot be read.
        """
        if name in self._plain:
            return Table(name, io.BytesIO(self._plain[name]))
        if name not in self._packed:
            raise BadCapture(f"the archive has no {name}")
        archive, member = self._packed[name]
        try:
            stream = archive.open(member)
        except _UNZIP_ERRORS as error:
            raise BadCapture(f"{name} cannot be unpacked: {error}") from error
        return Table(name, stream)

    def _add(self, path: str) -> None:
        name = PurePosixPath(path).name
        if name in self:
            raise BadCapture(f"the archive has two files {name}")

    def _add_zip(self, number: int, content: bytes) -> None:
        try:
            archive = zipfile.ZipFile(io.BytesIO(content))
            members = [member for member in archive.infolist() if not member.is_dir()]
        except _UNZIP_ERRORS as error:
            raise BadCapture(f"page {number} is no zip that can be read: {error}") from error
        _check_sizes(members, len(content))
        for member in members:
            if member.filename.endswith(".csv"):
                self._add(member.filename)
                self._packed[PurePosixPath(member.filename).name] = (archive, member)


def _check_sizes(members: Iterable[zipfile.ZipInfo], packed: int) -> None:
    sizes = [member.file_size for member in members]
    if len(sizes) > MAX_MEMBERS:
        raise BadCapture(f"the zip has {len(sizes)} files, more than {MAX_MEMBERS}")
    unpacked = sum(sizes)
    # Small files may well shrink to nothing.
    is_bomb = unpacked > 2**20 and unpacked > packed * MAX_RATIO
    if unpacked > MAX_UNPACKED or is_bomb:
        raise BadCapture(
            f"the zip of {packed} bytes would unpack to {unpacked}; allowed are {MAX_UNPACKED}"
            f" and {MAX_RATIO} times its size"
        )
