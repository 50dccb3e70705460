"""Untrusted zips, checked before they are unpacked.

A zip's directory may contradict its files, and Python's zipfile raises a dozen kinds of errors for
a damaged one. Here each becomes a :class:`BadZip`. Members must be stored or deflated: with other
methods, a small file can unpack to gigabytes.
"""

import copy
import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO

from f1_core.errors import F1Error
from f1_core.foreign import MAX_TEXT, shown, text_fault

_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENTRY = b"PK\x01\x02"
_SLACK = 100
"""Packed data may contain the bytes of an entry's signature, too."""
DAMAGED = (
    *(zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, lzma.LZMAError, struct.error),
    *(EOFError, OSError, NotImplementedError, RuntimeError, ValueError),
    *(LookupError, ArithmeticError, TypeError, MemoryError),
)
"""The errors of Python's zipfile for intentionally damaged zips."""


class BadZip(F1Error):
    """A zip that is damaged, too large, or not acceptable for another reason."""


@dataclass(frozen=True)
class Caps:
    """Limits: sizes in bytes, and the `ratio` of unpacked to packed."""

    unpacked: int
    ratio: int
    members: int

    def check(self, unpacked: int, packed: int) -> None:
        """Check a size against the limits.

        Raises:
            BadZip: it is too much.
        """
        if unpacked > self.unpacked:
            raise BadZip(f"it unpacks to more than {self.unpacked / 2**20:g} MB")
        # Small files may have a high ratio.
        if unpacked > 2**20 and unpacked > packed * self.ratio:
            raise BadZip(f"it unpacks to more than {self.ratio} times its size")


def open_zip(content: bytes, caps: Caps) -> tuple[zipfile.ZipFile, list[zipfile.ZipInfo]]:
    """A zip and its files, checked by its directory; nothing is unpacked.

    Raises:
        BadZip: it is not accepted.
    """
    with reading():
        if content.count(_ENTRY) > caps.members + _SLACK:
            raise BadZip(f"it has more than {caps.members} files")
        archive = zipfile.ZipFile(io.BytesIO(content))
        members = [info for info in archive.infolist() if not info.is_dir()]
        if len(archive.infolist()) > caps.members:
            raise BadZip(f"it has {len(archive.infolist())} files, more than {caps.members}")
        names: set[str] = set()
        for info in members:
            _check_member(info, len(content))
            if info.filename in names:
                raise BadZip(f"it has two files {shown(info.filename)}")
            names.add(info.filename)
        _check_places(members)
        caps.check(sum(info.file_size for info in members), len(content))
    return archive, members


def open_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> IO[bytes]:
    """Open a file of a zip. The checksum of the whole file is checked at its end.

    zipfile reads as many bytes as the directory declares, and compares their checksum: a directory
    with the size and the checksum of a file's first part would truncate the file there. With a
    size of one byte more, zipfile reads to the end of the packed data, or beyond that part.
    """
    whole = copy.copy(info)
    whole.file_size += 1
    return archive.open(whole)


@contextmanager
def reading() -> Iterator[None]:
    """Raise BadZip for any error of reading a damaged zip."""
    try:
        yield
    except DAMAGED as error:
        raise BadZip(f"not a zip, or a damaged one: {shown(str(error) or repr(error))}") from error


def _check_member(info: zipfile.ZipInfo, size: int) -> None:
    name = shown(info.filename)
    path = PurePosixPath(info.filename)
    if text_fault(info.filename, MAX_TEXT) or path.is_absolute() or "\\" in info.filename:
        raise BadZip(f"it has a file {name!r}, which is not a relative path")
    if ".." in path.parts:
        raise BadZip(f"it has a file {name!r}, which lies outside of it")
    if info.flag_bits & 0x41:
        raise BadZip(f"{name} is encrypted")
    if info.compress_type not in _METHODS:
        raise BadZip(f"{name} uses a compression method other than deflate")
    if info.compress_size > size or info.header_offset >= size:
        raise BadZip(f"{name} is larger than the zip, as its directory says")


def _check_places(members: list[zipfile.ZipInfo]) -> None:
    """Reject members that share bytes, with which a small zip unpacks to a large one."""
    end, before = 0, ""
    for info in sorted(members, key=lambda info: info.header_offset):
        if info.header_offset < end:
            raise BadZip(f"{shown(before)} and {shown(info.filename)} overlap")
        end, before = info.header_offset + info.compress_size, info.filename
