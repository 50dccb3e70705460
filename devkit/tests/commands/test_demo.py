"""The demo, as `make demo` runs it: it serves a season, and leaves no process running."""

import os
import re
import shlex
import signal
import subprocess
import time
from pathlib import Path

import httpx
import pytest

from f1_devkit.commands.demo import fetched
from f1_devkit.programs.processes import path_of
from f1_devkit.servers.child import Child, command_line


def demo(folder: Path, *arguments: str) -> Child:
    command = [path_of("f1"), "demo", "--directory", str(folder), "--rounds", "1-2", *arguments]
    child = Child("demo", command, directory=folder, environment={"PYTHONUNBUFFERED": "1"})
    child.log.unlink(missing_ok=True)
    return child


def left_running(folder: Path) -> list[str]:
    pids = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdecimal()]
    return [line for pid in pids if str(folder) in (line := command_line(pid))]


def until_output(child: Child, what: str, seconds: float = 180) -> str:
    deadline = time.monotonic() + seconds
    while what not in child.tail(1000):
        assert child.running, child.tail()
        assert time.monotonic() < deadline, child.tail()
        time.sleep(0.2)
    return child.tail(1000)


@pytest.fixture
def folder(server_directory: Path) -> Path:
    # Not pytest's folder, which is not accessible to Postgres' user.
    folder = server_directory / "demo"
    folder.mkdir(exist_ok=True)
    return folder


def test_a_season_is_served_and_everything_stops_after_a_signal(folder: Path) -> None:
    child = demo(folder)
    with child:
        output = until_output(child, "keeps running until Ctrl-C")
        for url in re.findall(r"curl -s '([^']+)'", output):
            assert httpx.get(url).status_code == 200
        (page,) = re.findall(r"Status page: (\S+)", output)
        assert "synthetic" in httpx.get(page, headers={"Accept": "text/html"}).text.lower()

        settings = folder / "synthetic-1" / "env"
        assert settings.stat().st_mode & 0o077 == 0, "the database's password is in it"
        counted = subprocess.run(
            ["sh", "-c", f". {shlex.quote(str(settings))}; exec {path_of('f1')} ledger"],
            capture_output=True,
            text=True,
            env=dict(os.environ),
            check=True,
        )
        assert "processed" in counted.stdout
        os.kill(child.pid, signal.SIGINT)
        assert child.wait(60) == 0
    assert not left_running(folder)

    # A second run continues, and fetches nothing again.
    again = demo(folder, "--exit-when-done")
    with again:
        assert again.wait(180) == 0
    assert "2 races with" in again.tail(100)
    log = (folder / "synthetic-1" / "f1-ingest.log").read_text()
    assert "0 captured" in log
    assert not left_running(folder)


def test_it_succeeds_with_a_source_that_fails(folder: Path) -> None:
    child = demo(folder, "--faults", "--seed", "2", "--exit-when-done")
    with child:
        assert child.wait(240) == 0, child.tail()
    assert "2 races with" in child.tail(100)


def test_an_early_signal_leaves_nothing_running(folder: Path) -> None:
    child = demo(folder, "--seed", "3")
    with child:
        until_output(child, "f1-worker")
        assert child.stop(60) == 1
    assert "stopped" in child.tail()
    assert not left_running(folder)


def test_progress_is_read_from_the_log_of_ingest(tmp_path: Path) -> None:
    child = Child("f1-ingest", [], directory=tmp_path)
    assert fetched(child) == (0, 0)
    child.log.write_text(
        '{"event":"progress","done":3,"of":9}\n{"event":"run ended"}\nnot JSON\n7\n'
    )
    assert fetched(child) == (3, 9)
