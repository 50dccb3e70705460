"""Runs tests repeatedly in forks of a process that has imported every library.

`sandbox.py` starts it in the copy with the checkout's Python. Each line on stdin is a JSON list of
arguments for pytest and a number of seconds; each line on stdout is whether the tests passed. Only
forks import the project's packages, so that they are the current ones of the copy.
"""

import importlib
import json
import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

LIBRARIES = Path(".mutants-libraries")
HISTORY = Path(".mutants-history.json")


class History:
    """Sorts tests: first those that detected most mutants, then file by file, the fastest first."""

    def __init__(self) -> None:
        self._known = json.loads(HISTORY.read_text()) if HISTORY.exists() else {}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Sort the tests."""
        files = list(dict.fromkeys(item.path for item in items))

        def key(item: pytest.Item) -> tuple[float, int, float]:
            known = self._known.get(item.nodeid, {})
            return -known.get("noticed", 0), files.index(item.path), known.get("seconds", 0)

        items.sort(key=key)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Record the duration and the failure of a test."""
        known = self._known.setdefault(report.nodeid, {"noticed": 0, "seconds": 0})
        if report.failed:
            known["noticed"] += 1
        elif report.when == "call":
            known["seconds"] = report.duration

    def pytest_sessionfinish(self) -> None:
        """Store the history, and the libraries that the tests imported."""
        HISTORY.write_text(json.dumps(self._known))
        names = [
            name
            for name, module in sorted(sys.modules.items())
            if (getattr(module, "__file__", None) or "").startswith((sys.prefix, sys.base_prefix))
            and not name.startswith("_")  # a C module, before the module that must import it
        ]
        LIBRARIES.write_text("\n".join(names))


def _preload() -> None:
    for name in LIBRARIES.read_text().split() if LIBRARIES.exists() else ():
        if name not in sys.modules:
            with suppress(Exception):
                importlib.import_module(name)


def _fork(arguments: list[str]) -> int:
    child = os.fork()
    if child:
        return child
    os.setsid()
    quiet = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(quiet, stream)
    result = 1
    try:
        result = int(pytest.main(arguments, plugins=[History()]))
    finally:
        os._exit(result)


def _passes(arguments: list[str], timeout_s: float) -> bool:
    child = _fork(arguments)
    until = time.monotonic() + timeout_s
    status = None
    while status is None and time.monotonic() < until:
        ended, code = os.waitpid(child, os.WNOHANG)
        if ended:
            status = code
        else:
            time.sleep(0.02)
    for number in (signal.SIGINT, signal.SIGKILL):  # servers that the tests left, or the tests
        with suppress(ProcessLookupError):
            os.killpg(child, number)
            time.sleep(0.5 if number == signal.SIGINT else 0)
    if status is None:
        os.waitpid(child, 0)
    return status == 0


def main() -> None:
    """Run tests as stdin names them."""
    for line in sys.stdin:
        arguments, timeout_s = json.loads(line)
        passed = _passes(arguments, timeout_s)
        print(json.dumps(passed), flush=True)
        _preload()


if __name__ == "__main__":
    main()
