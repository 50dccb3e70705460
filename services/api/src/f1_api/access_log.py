"""One line a request, in the form of all other logs, written in batches.

A structured log call costs more than a cached answer does. Lines are encoded here and written a
fifth of a second later together; those of the last fifth are lost if the process is killed.
"""

import asyncio
import sys
from datetime import UTC, datetime
from typing import Any, TextIO

import msgspec
import structlog

from f1_api.exchange import Exchange

_DELAY_S = 0.2
_QUIET = frozenset(("/healthz", "/livez", "/readyz", "/metrics"))
"""Probes are logged when they fail."""

_encode = msgspec.json.encode


class _Line(msgspec.Struct):
    """A line of the log; a struct is encoded in half the time of a dictionary."""

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
    """Logs requests; `form` is json or console, as in the settings of all programs."""

    def __init__(self, form: str, level: str, stream: TextIO | None = None) -> None:
        self._json = form == "json"
        self._on = level.upper() in ("DEBUG", "INFO")
        self._stream = stream or sys.stderr
        self._lines: list[bytes] = []
        self._console = structlog.get_logger()

    def log(self, scope: Any, exchange: Exchange, seconds: float) -> None:
        """Note a request that was answered."""
        if not self._on or (scope["path"] in _QUIET and exchange.status < 400):
            return
        client = scope.get("client")
        line = _Line(
            "request",
            "info",
            datetime.now(UTC),
            "f1-api",
            scope["method"],
            scope["path"],
            scope["query_string"].decode("latin-1"),
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
        """Write what is waiting."""
        lines, self._lines = self._lines, []
        if lines:
            self._stream.write(b"\n".join(lines).decode() + "\n")
            self._stream.flush()
