"""A signal in a program's first second: an exit code, and no traceback."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

SLOW = "import time; print('here', flush=True); time.sleep(60)"
WHEN = {
    "while it imports": SLOW,
    "in an import within": f"class Broad:\n try:\n  {SLOW}\n except BaseException: pass",
    "while it runs": f"def main() -> None:\n {SLOW}",
}


def _started(folder: Path, source: str, before: str = "") -> "subprocess.Popen[str]":
    (folder / "slow.py").write_text(source)
    return subprocess.Popen(
        [sys.executable, "-c", f"{before}\nfrom f1_core.program.start import start; start('slow')"],
        # PYTHONPATH is also the test's, so that `make mutants` changes the program.
        env={"PYTHONPATH": f"{folder}:{os.environ.get('PYTHONPATH', '')}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("source", WHEN.values(), ids=WHEN)
def test_a_signal_ends_a_program_with_its_code_and_no_output(
    tmp_path: Path, source: str, number: signal.Signals
) -> None:
    with _started(tmp_path, source) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "here\n"
        process.send_signal(number)
        _, errors = process.communicate(timeout=20)
    assert (process.returncode, errors) == (128 + number, "")


def test_an_ignored_signal_stays_ignored(tmp_path: Path) -> None:
    ignored = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)"
    source = "def main() -> None:\n import time; print('here', flush=True); time.sleep(1)"
    with _started(tmp_path, source, ignored) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "here\n"
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
    assert process.returncode == 0


def test_a_signal_while_it_runs_lets_it_finish(tmp_path: Path) -> None:
    source = f"def main() -> None:\n try:\n  {SLOW}\n finally:\n  print('finished', flush=True)"
    with _started(tmp_path, source) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "here\n"
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=20)
    assert (process.returncode, output) == (128 + signal.SIGTERM, "finished\n")


def test_the_exit_code_of_a_program_is_passed_on(tmp_path: Path) -> None:
    with _started(tmp_path, "def main() -> None:\n raise SystemExit(3)") as process:
        process.communicate(timeout=20)
    assert process.returncode == 3


def test_garbage_is_collected_once_the_program_runs_and_not_while_it_imports(
    tmp_path: Path,
) -> None:
    source = (
        "import gc\n"
        "print(gc.isenabled())\n"
        "def main() -> None: print(gc.isenabled(), gc.get_freeze_count() > 0)"
    )
    with _started(tmp_path, source) as process:
        printed, _ = process.communicate(timeout=20)
    assert printed == "False\nTrue True\n"
