"""Resident memory of programs: the largest, and at the end."""

import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from f1_devkit.programs.installation import Installation
from f1_devkit.programs.processes import path_of

_TIMEOUT_S = 3600
_LAUNCHER = Path(__file__).parent / "peak.py"


class Memory(NamedTuple):
    """The largest memory of a process, and that at the end, in MiB.

    They are equal for a program that ends by itself.
    """

    peak_mib: int
    end_mib: int


def of_process(pid: int) -> Memory:
    """The memory of a running process: VmHWM and VmRSS."""
    fields = dict(
        line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines()
    )
    peak, now = (int(fields[name].split()[0]) for name in ("VmHWM", "VmRSS"))
    return Memory(_mib(peak), _mib(now))


def of_run(place: Installation, folder: Path, name: str, *arguments: str) -> Memory:
    """Run a program to its end: ru_maxrss of the process, or of its largest child.

    Raises:
        AssertionError: it failed; the message has its output.
    """
    result = folder / "peak"
    done = subprocess.run(
        [sys.executable, "-S", _LAUNCHER, result, path_of(name), *arguments],
        env=place.environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=_TIMEOUT_S,
    )
    assert done.returncode == 0, f"{name} {arguments} failed:\n{done.stdout}\n{done.stderr}"
    peak = _mib(int(result.read_text()))
    return Memory(peak, peak)


def _mib(kib: int) -> int:
    return -(-kib // 1024)
