"""Child processes are stopped by their parent, or by its successor."""

import sys
import time
from pathlib import Path

import pytest

from f1_devkit.servers.child import Child, command_line


def sleeper(folder: Path, *, ignores_sigterm: bool = False) -> Child:
    ignore = "signal.signal(signal.SIGTERM, signal.SIG_IGN);" if ignores_sigterm else ""
    script = f"import signal, time; {ignore} print('ready', flush=True); time.sleep(60)"
    return Child("sleeper", [sys.executable, "-c", script], directory=folder)


def start(child: Child) -> None:
    child.start()
    while "ready" not in child.tail():
        time.sleep(0.02)


def test_a_child_is_stopped_by_a_signal(tmp_path: Path) -> None:
    child = sleeper(tmp_path)
    start(child)
    assert child.running
    assert child.stop() == -15
    assert not child.running


def test_a_child_that_ignores_the_signal_is_killed(tmp_path: Path) -> None:
    child = sleeper(tmp_path, ignores_sigterm=True)
    start(child)
    assert child.stop(timeout=0.2) == -9


def test_a_predecessor_is_stopped_first(tmp_path: Path) -> None:
    orphan = sleeper(tmp_path)
    start(orphan)
    with sleeper(tmp_path) as heir:
        assert heir.running
        assert orphan.wait(5) == -15


def test_a_process_with_a_reused_pid_is_not_stopped(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = Child("other", [sys.executable, "-c", "input()"], directory=tmp_path / "other")
    with sleeper(tmp_path / "other") as bystander:
        (tmp_path / "other" / "other.pid").write_text(str(bystander.pid))
        with other:
            assert bystander.running


def test_a_failure_shows_the_log(tmp_path: Path) -> None:
    child = Child(
        "broken", [sys.executable, "-c", "raise SystemExit('no luck')"], directory=tmp_path
    )
    child.start()
    assert child.wait(10) == 1
    assert child.exit_code == 1
    with pytest.raises(Exception, match="no luck"):
        raise child.failed("ended")


def test_nothing_runs_under_an_unused_pid() -> None:
    assert command_line(2**22 + 1) == ""
