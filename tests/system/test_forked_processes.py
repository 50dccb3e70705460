"""Programs that tests start as forks begin, run and end as the programs themselves do."""

import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from forked.process import ForkedProcess, run

from f1_devkit.programs.processes import path_of


@pytest.mark.parametrize("arguments", [["--help"], ["run"]])
def test_it_tells_the_same_and_ends_with_the_same_code(arguments: list[str]) -> None:
    environment = {"PATH": os.environ["PATH"], "NO_COLOR": "1", "COLUMNS": "100"}
    forked = run(["f1-worker", *arguments], env=environment)
    itself = subprocess.run(
        [path_of("f1-worker"), *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (forked.returncode, forked.stdout) == (itself.returncode, itself.stdout)
    assert forked.stderr == itself.stderr


@pytest.fixture
def waiting(f1_environment: dict[str, str]) -> Iterator[ForkedProcess]:
    """A worker that waits for its database."""
    nowhere = f1_environment | {"F1_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}
    process = ForkedProcess(["f1-worker", "run", "--drain"], env=nowhere)
    yield process
    process.kill()
    process.wait(30)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGQUIT])
def test_a_signal_ends_it(waiting: ForkedProcess, number: signal.Signals) -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        waiting.wait(0.1)
    assert waiting.poll() is None
    waiting.send_signal(number)
    assert waiting.wait(30) == -number
    assert waiting.poll() == waiting.returncode == -number


def test_it_has_no_connection_of_the_tests(waiting: ForkedProcess) -> None:
    with socket.create_server(("127.0.0.1", 0)):
        assert _connections(os.getpid())
        assert not _connections(os.getpid()) & _connections(waiting.pid)


def _connections(pid: int) -> set[str]:
    """The sockets and pipes of a process, with their numbers."""
    found = set()
    for file in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # the folder itself was open
            found.add(str(file.readlink()))
    return {name for name in found if name.startswith(("socket:", "pipe:"))}
