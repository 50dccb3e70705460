"""Starts programs as forks of processes with their imports.

Imports take most of the processor time of a program's start. So for each program that tests start
often, one process imports it, and tests start forks of that process. A fork has its own
environment, folder, output and connections, gets signals and ends like a process, and has no
modules of other programs. Tests of the start itself start the program itself.
"""

import atexit
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from functools import cache
from multiprocessing import Pipe
from pathlib import Path
from typing import IO

from f1_devkit.programs.processes import path_of
from forked.server import Request

MODULES = {
    "f1": "f1_devkit.cli",
    "f1-api": "f1_api.cli",
    "f1-ingest": "f1_ingest.cli",
    "f1-operator": "f1_operator.cli",
    "f1-worker": "f1_worker.cli",
}
_SERVER = Path(__file__).with_name("server.py")
_PATIENCE_S = 120


class ForkedProcess:
    """A running program, with the methods of :class:`subprocess.Popen` that tests use.

    Attributes:
        returncode: as Popen's: None while it runs, negative if a signal ended it.
    """

    def __init__(
        self,
        args: Sequence[str],
        *,
        env: Mapping[str, str],
        stdout: IO[bytes] | int = subprocess.DEVNULL,
        stderr: IO[bytes] | int = subprocess.DEVNULL,
    ) -> None:
        """Start the program; returns after its start.

        Args:
            args: the name of a program of :data:`MODULES`, and its arguments.
        """
        self.args = list(args)
        self.returncode: int | None = None
        self._lock = threading.Lock()
        self._connection, other_end = Pipe()
        with other_end, Path(os.devnull).open("wb") as nothing:
            output = [
                nothing.fileno() if stream == subprocess.DEVNULL else _descriptor(stream)
                for stream in (stdout, stderr)
            ]
            _server(args[0]).fork([*output, other_end.fileno()])
        arguments = [path_of(args[0]), *args[1:]]
        self._connection.send(tuple(Request(arguments, dict(env), str(Path.cwd()))))
        assert self._connection.poll(_PATIENCE_S), f"{args[0]} does not begin"
        self.pid: int = self._connection.recv()

    def poll(self) -> int | None:
        """The exit code, or None while it runs."""
        try:
            return self.wait(0)
        except subprocess.TimeoutExpired:
            return None

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; returns its exit code.

        Raises:
            subprocess.TimeoutExpired: the program still runs.
        """
        if self.returncode is None and not self._connection.poll(timeout):
            raise subprocess.TimeoutExpired(self.args, timeout or 0)
        with self._lock:
            if self.returncode is None:
                self.returncode = int(self._connection.recv())
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Send it SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Send it SIGKILL."""
        self.send_signal(signal.SIGKILL)


def run(
    args: Sequence[str], *, env: Mapping[str, str], timeout: float = 240
) -> "subprocess.CompletedProcess[str]":
    """Run a program to its end, with its output captured."""
    with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        process = ForkedProcess(args, env=env, stdout=stdout, stderr=stderr)
        try:
            code = process.wait(timeout)
        finally:
            process.kill()
        return subprocess.CompletedProcess(process.args, code, _text(stdout), _text(stderr))


class _Server:
    """The process that has imported a program."""

    def __init__(self, program: str) -> None:
        self._socket, other_end = socket.socketpair()
        self._lock = threading.Lock()
        with other_end:
            self._process = subprocess.Popen(
                # Without the server's folder in the path, as for the programs.
                [sys.executable, "-P", _SERVER, MODULES[program], str(other_end.fileno())],
                pass_fds=[other_end.fileno()],
                stdin=subprocess.DEVNULL,
            )
        atexit.register(self._end)

    def fork(self, descriptors: Sequence[int]) -> None:
        with self._lock:
            socket.send_fds(self._socket, [b"."], descriptors)

    def _end(self) -> None:
        self._socket.close()
        self._process.wait(_PATIENCE_S)


@cache
def _server(program: str) -> _Server:
    return _Server(program)


def _descriptor(stream: IO[bytes] | int) -> int:
    return stream if isinstance(stream, int) else stream.fileno()


def _text(stream: IO[bytes]) -> str:
    stream.seek(0)
    return stream.read().decode(errors="replace")
