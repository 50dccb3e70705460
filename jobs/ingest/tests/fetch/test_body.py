"""A body is accepted up to its limit, packed or not."""

import gzip

import httpx
import pytest

from f1_ingest.errors import BadResponse
from f1_ingest.fetch.body import Body, TooLarge

MOST = 1000
PACKED = {"Content-Encoding": "gzip"}


def body(content: bytes, headers: dict[str, str] | None = None, pieces: int = 1) -> bytes:
    """A body that is received in pieces."""
    collected = Body(httpx.Headers(headers or {}), MOST)
    size = max(1, -(-len(content) // pieces))
    for start in range(0, len(content), size):
        collected.add(content[start : start + size])
    return collected.whole()


@pytest.mark.parametrize("pieces", [1, 2, 7])
@pytest.mark.parametrize("size", [0, 1, MOST])
def test_a_body_up_to_the_limit_is_unchanged(size: int, pieces: int) -> None:
    content = bytes(n % 251 for n in range(size))
    assert body(content, pieces=pieces) == content
    assert body(gzip.compress(content), PACKED, pieces) == content
    assert body(content, {"Content-Encoding": " Identity "}, pieces) == content


@pytest.mark.parametrize("pieces", [1, 2, 7])
def test_a_body_beyond_the_limit_is_too_large(pieces: int) -> None:
    content = b"x" * (MOST + 1)
    for sent, headers in ((content, {}), (gzip.compress(content), PACKED)):
        with pytest.raises(TooLarge):
            body(sent, headers, pieces)


@pytest.mark.parametrize(
    ("length", "refused"),
    [("1000", False), ("1001", True), ("1" * 15, True), ("0" * 16, True), ("²", False)],
)
def test_a_too_large_content_length_is_refused_before_the_body(
    length: str, *, refused: bool
) -> None:
    headers = httpx.Headers([(b"content-length", length.encode("latin-1"))])
    if refused:
        with pytest.raises(TooLarge):
            Body(headers, MOST)
    else:
        assert Body(headers, MOST).whole() == b""


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        (gzip.compress(b"x" * 500)[:-4], "truncated"),
        (gzip.compress(b"x" * 500) + b"more", "has data after its end"),
        (b"no gzip", "damaged"),
    ],
    # A gzip header contains the time, and all processes of a run must collect the same names.
    ids=["truncated", "more data", "damaged"],
)
def test_a_damaged_packed_body_is_refused(sent: bytes, why: str) -> None:
    with pytest.raises(BadResponse, match=why):
        body(sent, PACKED)


@pytest.mark.parametrize("encoding", ["br", "gzip, gzip", "deflate"])
def test_other_encodings_are_refused(encoding: str) -> None:
    with pytest.raises(BadResponse, match="unsupported Content-Encoding"):
        body(b"", {"Content-Encoding": encoding})
