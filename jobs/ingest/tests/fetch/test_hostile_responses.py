"""Broken and malicious responses: each fails with a one-line message, and only its capture."""

import gzip
import itertools
import zlib
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from subprocess import CompletedProcess

import pytest
import sqlalchemy as sa
from sentences import one_sentence

from f1_devkit.servers.hostile_source import HostileSource, whole_response
from f1_ingest.errors import IngestFailed, SourceRefused, SourceUnavailable
from f1_ingest.fetch.http import Fetcher, open_client
from f1_ingest.settings import HttpSettings, JolpicaSettings
from f1_ingest.signals import Stop
from f1_ingest.sources.protocol import Request

Ingest = Callable[..., CompletedProcess[str]]
MB = 2**20


def fetch(answer: Iterable[bytes], *, max_bytes: int = MB) -> bytes:
    """Fetch one response of a real server, without a second attempt."""
    settings = HttpSettings.model_validate({"timeout_s": 5, "patience_s": 0.001})
    with (
        HostileSource(lambda target: answer) as server,
        open_client(settings, "0", None) as client,
    ):
        fetcher = Fetcher(
            client=client,
            settings=settings,
            stop=Stop(),
            budget=None,
            patience_s=settings.patience_s,
            now=lambda: datetime.now(UTC),
        )
        return fetcher.get(Request(server.url), None, lambda content: content, max_bytes=max_bytes)[
            0
        ]


PACKED = gzip.compress(b"0" * 100 * MB)


@pytest.mark.parametrize(
    ("headers", "body", "why"),
    [
        (["Content-Encoding: gzip, gzip"], gzip.compress(PACKED), "unsupported Content-Encoding"),
        (["Content-Encoding: gzip"] * 2, gzip.compress(PACKED), "unsupported Content-Encoding"),
        (["Content-Encoding: br"], b"x", "unsupported Content-Encoding 'br'"),
        (["Content-Encoding: " + "gzip," * 5000], b"x", "unsupported Content-Encoding"),
        (["Content-Encoding: deflate"], zlib.compress(b"{}"), "unsupported Content-Encoding"),
        (["Content-Encoding: gzip"], b"no gzip", "the gzip body is damaged"),
        (["Content-Encoding: gzip"], gzip.compress(b"0" * 10**5)[:-9], "body is truncated"),
        (["Content-Encoding: gzip"], gzip.compress(b"{}") * 2, "has data after its end"),
    ],
    ids=itertools.count(),
)
def test_a_wrongly_packed_body_is_a_failed_attempt(
    headers: list[str], body: bytes, why: str
) -> None:
    with pytest.raises(SourceUnavailable, match=why) as raised:
        fetch(whole_response(body, *headers))
    one_sentence(raised.value)


def test_a_body_that_unpacks_to_too_much_is_not_unpacked() -> None:
    with pytest.raises(IngestFailed, match="larger than 1 MB"):
        fetch(whole_response(PACKED, "Content-Encoding: gzip"))


def test_a_packed_body_is_unpacked() -> None:
    assert fetch(whole_response(gzip.compress(b"0" * MB), "Content-Encoding: gzip")) == b"0" * MB


LENGTH = "9" * 5000


@pytest.mark.parametrize(
    "answer",
    [
        [f"HTTP/1.1 200 OK\r\nContent-Length: {LENGTH}\r\n\r\n{{}}".encode()],
        [b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}"],
        [b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}"],
        [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"f" * 5000 + b"\r\n{}"],
        [b"HTTP/1.1 99999999999 OK\r\n\r\n"],
        [b"HTTP/1.1 200 O\0K\r\nX\0: y\r\n\r\n{}"],
        [b"\0\xff" * 1000],
        [b"HTTP/1.1 200 OK\r\n" + b"X: " + b"y" * 10**6 + b"\r\n\r\n{}"],
        [b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 10**5 + b"\r\n{}"],
        [b"HTTP/1.1 101 Switching Protocols\r\n\r\n"],
        [b"HTTP/1.1 204 No Content\r\n\r\n"],
        [b"HTTP/1.1 304 Not Modified\r\n\r\n"],
        [],
    ],
    ids=itertools.count(),
)
def test_broken_http_is_a_failed_attempt(answer: list[bytes]) -> None:
    with pytest.raises(SourceUnavailable) as raised:
        fetch(answer)
    one_sentence(raised.value)


@pytest.mark.parametrize(
    "after",
    [
        "9" * 400,
        "²",
        "١٢",
        "-5",
        "1e999",
        "NaN",
        "soon",
        "Wed, 32 Foo 99999 99:99:99 GMT",
        "Mon, 01 Jan 0001 00:00:00 +2359",
        "Fri, 31 Dec 9999 23:59:59 -2359",
        "Mon, 01 Jan 2024 00:00:00 " + "9" * 5000,
        ", " * 2000,
    ],
)
def test_an_invalid_retry_after_is_ignored(after: str) -> None:
    with pytest.raises(SourceUnavailable, match="503") as raised:
        fetch(
            whole_response(b"", "Retry-After: " + after.encode().decode("latin-1"), status="503 No")
        )
    one_sentence(raised.value)


@pytest.mark.parametrize(
    "location",
    [
        "http://[",
        "http://[::1",
        "http://a:99999999/",
        "http://a:port/",
        "//",
        "http://",
        "mailto:somebody@example.org",
        "javascript:alert(1)",
        "http://xn--/",
        "http://a..b/",
        "http://" + "a" * 70 + ".example/",
        "/" + "x" * 90_000,
        "/\0",
        "\\\\host\\share",
        "http://user:secret@[/",
    ],
)
def test_an_invalid_redirect_is_a_failure(location: str) -> None:
    with pytest.raises((SourceUnavailable, SourceRefused)) as raised:
        fetch(whole_response(b"", f"Location: {location}", status="302 Found"))
    one_sentence(raised.value)


def test_a_redirect_to_an_invalid_url_is_reported_with_the_reason() -> None:
    with pytest.raises(SourceUnavailable, match="Invalid URL in location header: Invalid port"):
        fetch(whole_response(b"", "Location: http://source:port/", status="302 Found"))


@pytest.mark.parametrize(
    "body",
    [
        b'{"detail": "a\\u0000b \\u001b[2J"}',
        b'{"detail":' + b"[" * 100_000,
        b'{"detail": "\\ud800"}',
        b'{"detail": ' + b"9" * 5000 + b"}",
        b'{"detail": NaN}',
        b'\xef\xbb\xbf{"detail": "x"}',
        '{"detail": "ü"}'.encode("latin-1"),
        b'{"detail": "' + b"x" * 500_000 + b'"}',
        b"\0\x1b]0;title\x07" * 100,
    ],
    ids=itertools.count(),
)
@pytest.mark.parametrize("status", ["400 No", "500 No"])
def test_a_run_has_an_outcome_whatever_the_response(
    body: bytes, status: str, ingest: Ingest, engine: sa.Engine
) -> None:
    with HostileSource(lambda target: whole_response(body, status=status)) as server:
        settings = {"F1_JOLPICA_URL": server.url, "F1_HTTP_PATIENCE_S": "0.1"}
        ran = ingest("round", "--season", 2024, "--round", 1, **settings)
    assert ran.returncode == (1 if status.startswith("4") else 3)
    assert len(ran.stderr.splitlines()[-1]) < 1000
    assert ran.stderr.splitlines()[-1].isprintable()
    with engine.connect() as connection:
        outcome, detail = connection.execute(
            sa.text("SELECT outcome, detail FROM ingest_runs")
        ).one()
    assert outcome == ("failed" if status.startswith("4") else "source_unavailable")
    assert detail


@pytest.mark.parametrize("url", ["http://[", "http://a:99999999", "https://" + "x" * 70_000])
def test_an_invalid_url_in_the_settings_is_reported_at_the_start(url: str) -> None:
    with pytest.raises(ValueError, match="write a URL"):
        JolpicaSettings.model_validate({"url": url})
