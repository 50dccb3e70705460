"""The CSV files of an archive: pages that are files, or one page that is a zip of them.

Files are read as streams, so that an archive of 100 MB does not need 1 GB for Python strings. The
sizes of a zip are limited before it is unpacked.
"""

import codecs
import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from operator import itemgetter
from pathlib import PurePosixPath
from typing import IO, TYPE_CHECKING, NamedTuple

from f1_core.capture import Capture
from f1_core.errors import BadCapture
from f1_core.store import zips
from f1_worker.parse.cells import NULL, Unreadable
from f1_worker.parse.pages import contents

if TYPE_CHECKING:
    from zipfile import ZipFile, ZipInfo

_CHUNK = 256 * 1024
_LONGEST_LINE = 2**20
CAPS = zips.Caps(unpacked=512 * 1024 * 1024, ratio=100, members=200)
"""Compression ratio of CSV is about 10, of a zip bomb about 1,000."""


Cells = dict[str, str]
"""A row by column name."""


class BadRow(NamedTuple):
    """A line that is not a valid row of its table.

    Attributes:
        problem: with its place: `lap_times.csv line 3 has 2 cells under a header of 6`.
        cells: the known cells by column.
    """

    problem: str
    cells: Mapping[str, str]


class Table:
    """One CSV file with a header; rows are read by the names of columns.

    Each line is one row, so that a stray quote affects only its line.

    Attributes:
        line: the number of the current line.
        bad: unreadable lines so far.
        damage: the fault of the whole file, known once it was read: "is empty".
    """

    def __init__(self, name: str, stream: IO[bytes], is_cut: Callable[[], bool]) -> None:
        """Read the header.

        Args:
            is_cut: whether a missing newline at the end shows that the file was truncated.
        """
        self.name = name
        self.line = 0
        self.bad: list[BadRow] = []
        self.damage: str | None = None
        self._is_cut = is_cut
        self._cut = False
        self._stream = stream
        self._header: list[str] = []
        self._lines = self._read_lines()
        self._header = next(self._lines, [])

    def __str__(self) -> str:
        """The current place: `lap_times.csv line 3`."""
        return f"{self.name} line {self.line}"

    def problem(self, error: Unreadable, row: Mapping[str, str]) -> str:
        """The problem of a value in the current row, with its column."""
        column = error.field
        if column not in row and error.value:
            column = next((name for name, cell in row.items() if cell == error.value), column)
        return f"{self}, column {column}: {error.shown}, {error.why}"

    def columns(self, *names: str) -> Iterator[tuple[str, ...]]:
        """These columns of the rows; invalid lines are added to :attr:`bad`.

        Raises:
            BadCapture: the file cannot be unpacked.
        """
        rows = self._full_rows(names)
        first = next(rows, None)
        if first is not None:
            pick = itemgetter(*(self._header.index(name) for name in names))
            yield pick(first)
            yield from map(pick, rows)

    def rows(self, *required: str) -> Iterator[Cells]:
        """The rows by column name, for small files; other columns may be missing.

        Missing cells at the end of a row are null, as in races.csv of current archives.

        Raises:
            BadCapture: as :meth:`columns`.
        """
        for row in self._full_rows(required):
            yield dict(zip(self._header, row, strict=True))

    def _full_rows(self, required: Sequence[str]) -> Iterator[list[str]]:
        width = len(self._header)
        missing = [name for name in required if name not in self._header]
        if missing:
            self.damage = f"has no column {', '.join(missing)}" if self._header else "is empty"
            return
        shortest = max((self._header.index(name) + 1 for name in required), default=1)
        found = False
        for row in self._lines:
            found = True
            if len(row) == width and not self._cut:
                yield row
            elif shortest <= len(row) < width and not self._cut:
                yield row + [NULL] * (width - len(row))
            elif self._cut:
                self._refuse(row, " has no newline at its end: the file is truncated")
            else:
                self._refuse(row, f" has {len(row)} cells under a header of {width}")
        if self._cut:
            self.damage = f"ends in the middle of line {self.line}"
        elif not found and not self.bad:
            self.damage = "has a header and no rows"

    def _refuse(self, row: Sequence[str], problem: str) -> None:
        # The last cell of a truncated line may be incomplete.
        known = [cell.strip('"') for cell in (row[:-1] if self._cut else row)]
        cells = dict(zip(self._header, known, strict=False))
        self.bad.append(BadRow(f"{self}{problem}", cells))

    def _read_lines(self) -> Iterator[list[str]]:
        """Each line's cells; empty lines are left out."""
        try:
            rest = self._stream.read(len(codecs.BOM_UTF8)).removeprefix(codecs.BOM_UTF8)
            while chunk := self._stream.read(_CHUNK):
                chunk = rest + chunk
                end = chunk.rfind(b"\n") + 1
                rest = chunk[end:]
                if len(rest) > _LONGEST_LINE:
                    raise BadCapture(f"{self.name} has a line of more than 1 MB")
                yield from self._rows_of(chunk[:end])
            if rest.strip():
                self._cut = self._is_cut()
                yield from self._rows_of(rest + b"\n")
        except zips.DAMAGED as error:
            raise BadCapture(f"{self.name} cannot be unpacked: {error}") from error

    def _rows_of(self, content: bytes) -> Iterator[list[str]]:
        """The rows of complete lines: thousands at once, or one by one if a line is invalid."""
        lines = content.split(b"\n")[:-1]
        before = self.line
        try:
            rows = list(csv.reader(content.decode().split("\n")[:-1], strict=True))
        except (UnicodeDecodeError, csv.Error):
            rows = []
        # With fewer rows than lines, a quoted cell contains the end of a line.
        whole = len(rows) == len(lines)
        for index, line in enumerate(lines):
            self.line = before + index + 1
            row = rows[index] if whole else self._row_of(line)
            if row:
                yield row

    def _row_of(self, line: bytes) -> list[str]:
        """A line's cells; empty if it cannot be read."""
        try:
            return next(csv.reader([line.decode()], strict=True), [])
        except csv.Error as error:
            problem = f" is not CSV: {error}"
        except UnicodeDecodeError as error:
            number = line[: error.start].count(b",")
            column = f", column {self._header[number]}," if number < len(self._header) else ""
            problem = f"{column} is not UTF-8 (byte 0x{line[error.start]:02x})"
        cells = line.decode(errors="replace").split(",")
        self._refuse(cells, problem)
        return []


class Files:
    """The files of an archive by name, without folders."""

    def __init__(self, capture: Capture) -> None:
        """List the files, without unpacking them.

        Raises:
            BadCapture: a page is neither a named CSV file nor a zip, a name is repeated, or a zip
                is damaged or too large.
        """
        self._packed: dict[str, tuple[ZipFile, ZipInfo]] = {}
        self._plain: dict[str, bytes] = {}
        for number, content in contents(capture):
            name = capture.pages[number - 1].name or ""
            if content.startswith(b"PK"):
                self._add_zip(number, content)
            elif name.lower().endswith(".csv"):
                self._plain[self._add(name)] = content
            else:
                raise BadCapture(f"page {number} ({name!r}) is neither a CSV file nor a zip")

    def __contains__(self, name: str) -> bool:
        return name in self._plain or name in self._packed

    def table(self, name: str) -> Table:
        """Open a file.

        Raises:
            BadCapture: it does not exist, or cannot be read.
        """
        return Table(name, self._open(name), lambda: self._some_end_with_newline)

    def _open(self, name: str) -> IO[bytes]:
        if name in self._plain:
            return io.BytesIO(self._plain[name])
        if name not in self._packed:
            raise BadCapture(f"the archive has no {name}")
        archive, member = self._packed[name]
        try:
            return zips.open_member(archive, member)
        except zips.DAMAGED as error:
            raise BadCapture(f"{name} cannot be unpacked: {error}") from error

    @cached_property
    def _some_end_with_newline(self) -> bool:
        """Whether any file ends with a newline; if not, the archive was written without them."""
        for name in (*self._plain, *self._packed):
            end = b""
            with self._open(name) as stream:
                while chunk := stream.read(_CHUNK):
                    end = chunk[-1:]
            if end == b"\n":
                return True
        return False

    def _add(self, path: str) -> str:
        """The canonical name of a file; it must be new."""
        name = _table_name(path)
        if name in self:
            raise BadCapture(f"the archive has two files {name}")
        return name

    def _add_zip(self, number: int, content: bytes) -> None:
        try:
            archive, members = zips.open_zip(content, CAPS)
        except zips.BadZip as error:
            raise BadCapture(f"page {number} is not a readable zip: {error}") from error
        for member in members:
            if member.filename.lower().endswith(".csv"):
                self._packed[self._add(member.filename)] = (archive, member)


def _table_name(path: str) -> str:
    """The current name of a file: lapTimes.csv of old archives is lap_times.csv."""
    name = PurePosixPath(path).name
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
