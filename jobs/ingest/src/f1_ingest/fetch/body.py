"""The body of a response: unpacked as it arrives, up to a limit.

httpx decompresses a chunk before its size can be checked, in as many layers as the response names:
64 kB become 64 MB, and with two layers 64 GB.
"""

import zlib

import httpx

from f1_core.foreign import shown
from f1_ingest.errors import BadResponse

ACCEPTED = "gzip"
"""The Accept-Encoding of requests."""


class TooLarge(Exception):
    """The body is larger than its limit."""


class Body:
    """Collects a body."""

    def __init__(self, headers: httpx.Headers, most: int) -> None:
        """Prepare for a response with these headers, of `most` bytes at most.

        Raises:
            BadResponse: its encoding was not accepted.
            TooLarge: its Content-Length is larger.
        """
        encoding = headers.get("content-encoding", "").strip().lower()
        if encoding not in ("", "identity", ACCEPTED):
            raise BadResponse(f"unsupported Content-Encoding {shown(encoding, 60)!r}")
        self._content = bytearray()
        self._most = most
        self._unpack = zlib.decompressobj(16 + zlib.MAX_WBITS) if encoding == ACCEPTED else None
        length = headers.get("content-length", "")
        # int() refuses numbers with thousands of digits.
        if length.isascii() and length.isdecimal() and (len(length) > 15 or int(length) > most):
            raise TooLarge

    def add(self, chunk: bytes) -> None:
        """Add a chunk.

        Raises:
            BadResponse: it cannot be unpacked.
            TooLarge: the body is now too large.
        """
        if self._unpack is not None and chunk:
            room = self._most - len(self._content) + 1
            try:
                chunk = self._unpack.decompress(chunk, room)
            except zlib.error as error:
                raise BadResponse(f"the gzip body is damaged: {error}") from error
            if self._unpack.unused_data:
                raise BadResponse("the gzip body has data after its end")
        self._content += chunk
        if len(self._content) > self._most:
            raise TooLarge

    def whole(self) -> bytes:
        """The whole body.

        Raises:
            BadResponse: its end is missing.
        """
        if self._unpack is not None and self._content and not self._unpack.eof:
            raise BadResponse("the gzip body is truncated")
        return bytes(self._content)
