"""The log line of each request."""

import asyncio
import io
import json
from collections.abc import Mapping

import pytest

from f1_api.http.request_context import Exchange
from f1_api.server.access_log import AccessLog

SCOPE = {"method": "GET", "path": "/races", "query_string": b"q=\xe9", "client": ("10.0.0.1", 5)}


def _exchange(status: int = 200) -> Exchange:
    exchange = Exchange.of([(b"x-request-id", b"mine")])
    exchange.status = status
    return exchange


def _logged(log: AccessLog, stream: io.StringIO, scope: Mapping[str, object], status: int) -> str:
    async def request() -> None:
        log.log(scope, _exchange(status), 0.01234)
        log.flush()

    asyncio.run(request())
    return stream.getvalue()


def test_a_line_is_json() -> None:
    stream = io.StringIO()
    line = json.loads(_logged(AccessLog("json", "INFO", stream), stream, SCOPE, 200))
    assert line["event"] == "request"
    assert line["ms"] == 12.34
    assert line["query"] == "q=é"
    assert line["client"] == "10.0.0.1"
    assert line["request_id"] == "mine"
    assert line["bytes"] == 0
    assert line["timestamp"].endswith("Z")


def test_probes_are_quiet_until_they_fail() -> None:
    stream = io.StringIO()
    log = AccessLog("json", "INFO", stream)
    probe = {**SCOPE, "path": "/readyz"}
    assert _logged(log, stream, probe, 200) == ""
    assert '"status":503' in _logged(log, stream, probe, 503)


def test_a_higher_level_logs_no_requests() -> None:
    stream = io.StringIO()
    assert _logged(AccessLog("json", "WARNING", stream), stream, SCOPE, 200) == ""


def test_the_console_format_uses_the_common_log(capsys: pytest.CaptureFixture[str]) -> None:
    stream = io.StringIO()
    assert _logged(AccessLog("console", "INFO", stream), stream, SCOPE, 200) == ""
