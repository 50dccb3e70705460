"""Rate limits: notation, headers, and the caller of a request."""

import doctest

import hypothesis
import hypothesis.strategies as st
import pytest

import f1_api.auth.rate_limits
from f1_api.auth.rate_limits import Limit, LimitStatus, address


@pytest.mark.parametrize(
    ("written", "limit"),
    [
        ("500/hour", Limit(500, 3600)),
        (" 10 / Second ", Limit(10, 1)),
        ("1/min", Limit(1, 60)),
        ("100000/d", Limit(100_000, 86400)),
    ],
)
def test_a_limit_is_a_number_of_requests_in_a_window(written: str, limit: Limit) -> None:
    assert Limit.read(written) == limit
    assert Limit.read(str(limit)) == limit


@pytest.mark.parametrize(
    "written",
    ["", "500", "0/hour", "-1/hour", "5.5/hour", "5/week", "hour/5", "9999999999/s", "٣/h"],
)
def test_an_invalid_limit_is_refused_with_a_hint(written: str) -> None:
    with pytest.raises(ValueError, match="write 500/hour"):
        Limit.read(written)


@hypothesis.given(st.text() | st.from_regex(r"\d+ */ *[a-z]+", fullmatch=True))
def test_any_text_is_a_limit_or_is_refused_with_a_hint(written: str) -> None:
    limit, message = None, ""
    try:
        limit = Limit.read(written)
    except ValueError as error:
        message = str(error)
    assert "write 500/hour" in message if limit is None else Limit.read(str(limit)) == limit


def test_headers_are_those_of_the_draft() -> None:
    status = LimitStatus("key", Limit(500, 3600), 499, 3599.2, refused=False)
    assert status.headers() == [
        (b"ratelimit-policy", b'"key";q=500;w=3600'),
        (b"ratelimit", b'"key";r=499;t=3600'),
    ]


@pytest.mark.parametrize(
    ("host", "counted"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("a-unix-socket", "a-unix-socket"),
    ],
)
def test_an_address_identifies_one_caller(host: str, counted: str) -> None:
    assert address({"client": (host, 1234)}) == counted
    assert address({"client": None}) == "unknown"


def test_examples_in_docstrings_are_true() -> None:
    assert doctest.testmod(f1_api.auth.rate_limits).failed == 0
