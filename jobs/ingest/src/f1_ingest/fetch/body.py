"""The body of a response: unpacked as it arrives, up to a limit.

httpx decompresses a chunk before its size can be checked, in as many layers as the response names:
64 kB become 64 MB, and with two layers 64 GB.
"""

import zlib

import httpx

from f1_core.foreign import shown
from f1_ingest.errors import BadAnswer

ACCEPTED = "gzip"
"""The Accept-Encoding that goes with it."""


class TooLarge(Exception):
    """The body is larger than it may be."""


class Body:
    """Collects a body."""

    def __init__(self, headers: httpx.Headers, most: int) -> None:
        """Prepare for a response with these headers, of `most` bytes at most.

        Raises:
            BadAnswer: it is packed in a way that was not accepted.
            TooLarge: its Content-Length is larger.
        """
        encoding = headers.get("content-encoding", "").strip().lower()
        if encoding not in ("", "identity", ACCEPTED):
            raise BadAnswer(f"unsupported Content-Encoding {shown(encoding, 60)!r}")
        self._content = bytearray()
        self._most = most
        self._unpack = zlib.decompressobj(16 + zlib.MAX_WBITS) if encoding == ACCEPTED else None
        length = headers.get("content-length", "")
        # More digits than any size has are a number, too.
        if length.isascii() and length.isdecimal() and (len(length) > 15 or int(length) > most):
            raise TooLarge

    def add(self, chunk: bytes) -> None:
        """Take what came.

        Raises:
            BadAnswer: it cannot be unpacked.
            TooLarge: it is too much.
        """
        if self._unpack is not None and chunk:
            room = self._most - len(self._content) + 1
            try:
                chunk = self._unpack.decompress(chunk, room)
            except zlib.error as error:
                raise BadAnswer(f"the gzip body is damaged: {error}") from error
            if self._unpack.unused_data:
                raise BadAnswer("the gzip body has data after its end")
        self._content += chunk
        if len(self._content) > self._most:
            raise TooLarge

    def whole(self) -> bytes:
        """All of it.

        Raises:
            BadAnswer: its end is missing.
        """
        if self._unpack is not None and self._content and not self._unpack.eof:
            raise BadAnswer("the gzip body is truncated")
        return bytes(self._content)
