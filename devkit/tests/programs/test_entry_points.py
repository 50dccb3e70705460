"""Ctrl-C and SIGTERM in the first second of each program."""

import signal
import subprocess
import sys
import time
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

import pytest

PROGRAMS = sorted(
    (found for found in entry_points(group="console_scripts") if found.value.startswith("f1_")),
    key=lambda found: found.name,
)
TAKES_SIGTERM = 1 << (signal.SIGTERM - 1)


def test_all_programs_are_tested() -> None:
    names = [program.name for program in PROGRAMS]
    assert names == ["f1", "f1-api", "f1-ingest", "f1-operator", "f1-worker"]


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux' /proc")
@pytest.mark.parametrize("delay_s", [0.0, 0.05])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_no_traceback_of_imports(
    program: EntryPoint, number: signal.Signals, delay_s: float
) -> None:
    command = str(Path(sys.executable).with_name(program.name))
    with subprocess.Popen(
        [command, "--help"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        while not _catches(process.pid) & TAKES_SIGTERM:
            assert process.poll() is None
            time.sleep(0.001)
        time.sleep(delay_s)
        process.send_signal(number)
        output, errors = process.communicate(timeout=30)
    assert (process.returncode, output, errors) == (128 + number, "", "")


def _catches(pid: int) -> int:
    """The signals that a process has handlers for, as bits."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1], 16) for line in lines if line.startswith("SigCgt"))
