"""Folders of servers: where they are, and what remains of a killed test run."""

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from f1_devkit.pytest_plugins import folders
from f1_devkit.pytest_plugins.folders import server_folder

ENDED = 2**22 + 1  # greater than every process id of Linux


@pytest.fixture
def memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stands for the file system in memory."""
    monkeypatch.setattr(folders, "_MEMORY", tmp_path)
    return tmp_path


def test_a_folder_is_in_memory_and_removed_at_the_end(memory: Path) -> None:
    with server_folder("kube-") as folder:
        assert folder.parent == memory
        (folder / "data").write_text("")
    assert not folder.exists()


def test_with_little_memory_or_none_it_is_among_temporary_files(
    memory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = shutil.disk_usage(memory).free
    monkeypatch.setenv("PYTEST_XDIST_WORKER_COUNT", str(free // 2**30 + 1))
    with server_folder() as folder:
        assert folder.parent != memory
    monkeypatch.setattr(folders, "_MEMORY", memory / "absent")
    with server_folder() as folder:
        assert folder.parent != memory


def test_folders_and_processes_of_a_killed_run_are_removed(memory: Path) -> None:
    old, other = memory / f"f1-{ENDED}-x", memory / "f1-unrelated-x"
    old.mkdir()
    other.mkdir()
    script = f"import time; print({str(old)!r}, flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as server:
        assert server.stdout
        server.stdout.readline()  # until then, its command line may be empty
        (old / "server.pid").write_text(f"{server.pid}\n")
        with server_folder():
            assert server.wait(10) == -signal.SIGKILL
    assert not old.exists()
    assert other.exists()
