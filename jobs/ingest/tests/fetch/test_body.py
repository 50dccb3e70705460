"""A body is taken up to its limit and not a byte more, packed or not."""

import gzip

import httpx
import pytest

from f1_ingest.errors import BadAnswer
from f1_ingest.fetch.body import Body, TooLarge

MOST = 1000
PACKED = {"Content-Encoding": "gzip"}


def body(content: bytes, headers: dict[str, str] | None = None, pieces: int = 1) -> bytes:
    """A body that comes in pieces."""
    collected = Body(httpx.Headers(headers or {}), MOST)
    size = max(1, -(-len(content) // pieces))
    for start in range(0, len(content), size):
        collected.add(content[start : start + size])
    return collected.whole()


@pytest.mark.parametrize("pieces", [1, 2, 7])
@pytest.mark.parametrize("size", [0, 1, MOST])
def test_up_to_its_limit_it_comes_as_it_was_sent(size: int, pieces: int) -> None:
    content = bytes(n % 251 for n in range(size))
    assert body(content, pieces=pieces) == content
    assert body(gzip.compress(content), PACKED, pieces) == content
    assert body(content, {"Content-Encoding": " Identity "}, pieces) == content


@pytest.mark.parametrize("pieces", [1, 2, 7])
def test_a_byte_more_is_too_large(pieces: int) -> None:
    content = b"x" * (MOST + 1)
    for sent, headers in ((content, {}), (gzip.compress(content), PACKED)):
        with pytest.raises(TooLarge):
            body(sent, headers, pieces)


@pytest.mark.parametrize(
    ("length", "refused"),
    [("1000", False), ("1001", True), ("1" * 15, True), ("0" * 16, True), ("²", False)],
)
def test_an_announced_length_is_believed_before_the_first_byte(
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
    # A gzip header has the time in it, and processes of one run must collect the same names.
    ids=["truncated", "more data", "damaged"],
)
def test_a_packed_body_that_is_damaged_is_no_answer(sent: bytes, why: str) -> None:
    with pytest.raises(BadAnswer, match=why):
        body(sent, PACKED)


@pytest.mark.parametrize("encoding", ["br", "gzip, gzip", "deflate"])
def test_what_was_not_accepted_is_not_unpacked(encoding: str) -> None:
    with pytest.raises(BadAnswer, match="unsupported Content-Encoding"):
        body(b"", {"Content-Encoding": encoding})
