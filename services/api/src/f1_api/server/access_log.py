"""A log line for each request, in the format of all other logs, written in batches.

A call of structlog costs more than a cached response. Lines are encoded here and written together
after 0.2 seconds; a killed process loses the lines of that time.
"""

import asyncio
import re
import sys
from datetime import UTC, datetime
from typing import Any, TextIO
from urllib.parse import unquote_plus

import msgspec
import structlog

from f1_api.http.request_context import Exchange

_DELAY_S = 0.2
_QUIET = frozenset(("/healthz", "/livez", "/readyz"))
"""Probes, which are logged only if they fail."""

_LONGEST = 1000
"""Most characters of a path or a query in a line."""
_SECRET = ("key", "token", "secret", "passw", "auth", "signature")
"""The value of a parameter with one of these in its name is not logged."""
_KEY = re.compile(r"f1_[a-z2-7]{12}_[A-Za-z0-9_-]{20,}")
"""An API key in any place."""

_encode = msgspec.json.encode


class _Line(msgspec.Struct):
    """A log line; encoding a struct takes half the time of a dictionary."""

    event: str
    level: str
    timestamp: datetime
    program: str
    method: str
    path: str
    query: str
    status: int
    ms: float
    bytes: int
    cached: bool
    endpoint: str
    client: str | None
    key_id: str | None
    request_id: str


class AccessLog:
    """Logs requests; `form` is json or console, as in the log settings."""

    def __init__(self, form: str, level: str, stream: TextIO | None = None) -> None:
        self._json = form == "json"
        self._on = level.upper() in ("DEBUG", "INFO")
        self._stream = stream or sys.stderr
        self._lines: list[bytes] = []
        self._console = structlog.get_logger()

    def log(self, scope: Any, exchange: Exchange, seconds: float) -> None:
        """Log an answered request."""
        if not self._on or (scope["path"] in _QUIET and exchange.status < 400):
            return
        client = scope.get("client")
        line = _Line(
            "request",
            "info",
            datetime.now(UTC),
            "f1-api",
            scope["method"],
            _without_keys(scope["path"])[:_LONGEST],
            _query(scope["query_string"])[:_LONGEST],
            exchange.status,
            round(seconds * 1000, 2),
            exchange.sent,
            exchange.cached,
            exchange.endpoint,
            client[0] if client else None,
            exchange.key_id,
            exchange.request_id,
        )
        if not self._json:
            fields = msgspec.structs.asdict(line)
            for made in ("level", "timestamp", "program"):  # structlog's own
                del fields[made]
            self._console.info(fields.pop("event"), **fields)
            return
        self._lines.append(_encode(line))
        if len(self._lines) == 1:
            asyncio.get_running_loop().call_later(_DELAY_S, self.flush)

    def flush(self) -> None:
        """Write pending lines."""
        lines, self._lines = self._lines, []
        if lines:
            self._stream.write(b"\n".join(lines).decode() + "\n")
            self._stream.flush()


def _query(query: bytes) -> str:
    """A query without possible secrets, in any encoding.

    >>> _query(b"limit=5&api_key=f1_x"), _query(b"%61pi%5Fkey=1&a=b")
    ('limit=5&api_key=...', '%61pi%5Fkey=...&a=b')
    """
    if not query:
        return ""
    parts = query.decode("latin-1").split("&")
    return "&".join(map(_part, parts))


def _part(part: str) -> str:
    name, _, value = part.partition("=")
    plain = unquote_plus(name)
    if value and any(word in plain.lower() for word in _SECRET):
        return f"{name}=..."
    return part if _KEY.search(unquote_plus(part)) is None else "..."


def _without_keys(path: str) -> str:
    return _KEY.sub("f1_...", path) if "f1_" in path else path
