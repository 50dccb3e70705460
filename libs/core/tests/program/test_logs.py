"""Logs: one JSON object per line on standard error, of libraries too; or lines for people."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

PROGRAM = """
import logging, structlog
from f1_core.program import logs
from f1_core.settings import LogSettings, load
[settings] = load(LogSettings)
logs.configure(settings, "f1-test")
log = structlog.get_logger()
with structlog.contextvars.bound_contextvars(capture="raw/a.json"):
    log.info("processed", rows=3)
log.debug("details")
logging.getLogger("some.library").info("from %s", "outside")
logging.getLogger("botocore").info("every call")
logging.getLogger("botocore").warning("a call failed")
secret = "hunter2"
try:
    1 / 0
except ZeroDivisionError:
    log.exception("failed")
"""


def errors(**settings: str) -> list[str]:
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=os.environ | settings,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert ran.stdout == ""
    return ran.stderr.splitlines()


def test_every_line_is_an_object_with_its_program_level_time_and_context() -> None:
    lines: list[dict[str, Any]] = [json.loads(line) for line in errors()]
    events = ["processed", "from outside", "a call failed", "failed"]
    assert [line["event"] for line in lines] == events
    assert [line["level"] for line in lines] == ["info", "info", "warning", "error"]
    assert {line["program"] for line in lines} == {"f1-test"}
    assert (lines[0]["capture"], lines[0]["rows"]) == ("raw/a.json", 3)
    assert "capture" not in lines[1]
    for line in lines:
        assert line["timestamp"].endswith("Z")
        age = datetime.now(UTC) - datetime.fromisoformat(line["timestamp"])
        assert timedelta(0) <= age < timedelta(minutes=5)
    assert "ZeroDivisionError: division by zero" in lines[3]["exception"]
    assert "hunter2" not in lines[3]["exception"].replace(PROGRAM, "")


def test_the_level_applies_to_libraries_too() -> None:
    lines = [json.loads(line)["event"] for line in errors(F1_LOG_LEVEL="WARNING")]
    assert lines == ["a call failed", "failed"]
    lines = [json.loads(line)["event"] for line in errors(F1_LOG_LEVEL="DEBUG")]
    assert "details" in lines
    assert "every call" not in lines


def test_console_logs_in_a_file_have_no_colours_and_no_local_variables() -> None:
    lines = errors(F1_LOG_FORMAT="console")
    assert "processed" in lines[0]
    assert "rows=3" in lines[0]
    assert lines[-1] == "ZeroDivisionError: division by zero"
    assert not [line for line in lines if "\x1b" in line or "hunter2" in line]
