"""Limits and reports the resident memory of a program during an attack."""

import contextlib
import os
import resource
import signal
import threading
import time
from pathlib import Path
from typing import NamedTuple, Self

_BEAT_S = 0.02
_SETTLE_S = 2.0
_MB = 1024 * 1024
_RESERVED_MB = 4096
"""Address space that libraries reserve and do not use: Arrow 1 GB, each thread 8 MB."""


class Measured(NamedTuple):
    """The effect of an attack on a program: resident memory in MB, and duration in seconds."""

    name: str
    before_mb: float
    peak_mb: float
    after_mb: float
    seconds: float

    def __str__(self) -> str:
        return (
            f"{self.name:52.52}  {self.before_mb:7.0f}  {self.peak_mb:7.0f}  {self.after_mb:7.0f}"
            f"  {self.seconds:7.1f}"
        )


HEADING = f"{'attack':52}  {'before':>7}  {'peak':>7}  {'after':>7}  {'seconds':>7}"
"""The heading of a table of :class:`Measured`; memory in MB."""


class UnderAttack:
    """Watches a process during the block, and kills it if it uses far too much memory.

    ::

        with UnderAttack("pipelining", api.pid, most_mb=50) as watched:
            ...
        print(watched.measured)

    Args:
        most_mb: resident memory that the process may gain; the block fails if it gains more.
        limit_mb: resident memory at which the process is killed. The kernel limits its address
            space to that and the reserve of libraries, so that a fault does not affect the machine.
    """

    def __init__(self, name: str, pid: int, *, most_mb: float, limit_mb: int = 1500) -> None:
        self.name = name
        self._pid = pid
        self._most_mb = most_mb
        self._limit_mb = limit_mb
        self._peak_mb = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.measured: Measured | None = None

    def __enter__(self) -> Self:
        Path(f"/proc/{self._pid}/clear_refs").write_text("5")  # resets the peak
        self._before_mb = self._peak_mb = resident_mb(self._pid)
        self._limits = resource.prlimit(self._pid, resource.RLIMIT_AS)
        address_mb = _field_mb(self._pid, "VmSize") + self._limit_mb + _RESERVED_MB
        most = int(address_mb * _MB)
        resource.prlimit(self._pid, resource.RLIMIT_AS, (most, self._limits[1]))
        self._began = time.monotonic()
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        seconds = time.monotonic() - self._began
        allowed = self._before_mb + self._most_mb
        until = time.monotonic() + _SETTLE_S  # for freed memory to return to the system
        while resident_mb(self._pid) > allowed and time.monotonic() < until:
            time.sleep(_BEAT_S)
        self._over.set()
        self._thread.join()
        after = resident_mb(self._pid)
        self._peak_mb = max(self._peak_mb, _field_mb(self._pid, "VmHWM"))
        if Path(f"/proc/{self._pid}").exists():
            resource.prlimit(self._pid, resource.RLIMIT_AS, self._limits)
        self.measured = Measured(self.name, self._before_mb, self._peak_mb, after, seconds)
        if kind is None:
            assert after, f"{self.name}: the program has ended, at {self._peak_mb:.0f} MB"
            assert self._peak_mb <= allowed, (
                f"{self.name}: {self._before_mb:.0f} MB before, {self._peak_mb:.0f} MB at most,"
                f" of {allowed:.0f} allowed"
            )

    def _watch(self) -> None:
        while not self._over.wait(_BEAT_S):
            self._peak_mb = max(self._peak_mb, now := resident_mb(self._pid))
            if now > self._limit_mb:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(self._pid, signal.SIGKILL)


def resident_mb(pid: int) -> float:
    """Resident memory of a process in MB; 0 if it has ended."""
    return _field_mb(pid, "VmRSS")


def _field_mb(pid: int, name: str) -> float:
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    return 0.0
