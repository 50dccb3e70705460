"""A child process with a log file and a pid file, which is always stopped."""

import contextlib
import os
import shlex
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from f1_core.errors import F1Error
from f1_devkit.servers.startable import Startable


class ChildFailed(F1Error):
    """A program ended unexpectedly, or did not become ready."""


class Child(Startable):
    """One program in its own process group.

    Its output is in `{directory}/{name}.log`, its pid in `{name}.pid`: a predecessor that still
    runs (its parent was killed) is stopped before the new one starts.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        directory: Path,
        environment: Mapping[str, str] | None = None,
        user: int | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
    ) -> None:
        """Prepare a program.

        Args:
            environment: added to this process's.
            user: the uid and gid of the program; this process must then be root.
            stop_signal: the signal for an orderly shutdown.
        """
        self.name = name
        self.command = [str(part) for part in command]
        self.environment = dict(environment or {})
        self.log = directory / f"{name}.log"
        self._pid_file = directory / f"{name}.pid"
        self._user = user
        self._stop_signal = stop_signal
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, after stopping a predecessor that still runs."""
        self._stop_predecessor()
        with self.log.open("ab") as log:
            self._process = self._spawn(log)
        self._pid_file.write_text(str(self._process.pid))

    def _spawn(self, log: IO[bytes]) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(  # noqa: S603 - our own commands
            self.command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={**os.environ, **self.environment},
            # Ctrl-C must reach only this process, which stops the children in the right order.
            start_new_session=True,
            user=self._user,
            group=self._user,
            extra_groups=None if self._user is None else [],
        )

    @property
    def running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """The process id of the last start.

        Raises:
            ChildFailed: it was never started.
        """
        if self._process is None:
            raise ChildFailed(f"{self.name} was not started")
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """The exit code (negative: the signal that ended it); None while it runs."""
        return None if self._process is None else self._process.poll()

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end and return the exit code.

        Raises:
            subprocess.TimeoutExpired: it still runs.
        """
        if self._process is None:
            raise ChildFailed(f"{self.name} was not started")
        code = self._process.wait(timeout)
        self._pid_file.unlink(missing_ok=True)
        return code

    def stop(self, timeout: float = 20.0) -> int | None:
        """Send the stop signal, and SIGKILL if it does not end within `timeout` seconds.

        Returns:
            The exit code; None if it was never started.
        """
        if self._process is None:
            return None
        if self.running:
            self._process.send_signal(self._stop_signal)
            try:
                return self.wait(timeout)
            except subprocess.TimeoutExpired:
                self.kill()
        return self.wait()

    def kill(self) -> None:
        """End it at once with SIGKILL, as a power failure would."""
        if self.running and self._process is not None:
            self._process.kill()
            self.wait()

    def tail(self, lines: int = 20) -> str:
        """The last lines of its log."""
        try:
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
        except FileNotFoundError:
            return ""

    def failed(self, why: str) -> ChildFailed:
        """An error with `why` and the end of the log."""
        return ChildFailed(
            f"{self.name} {why}: {shlex.join(self.command)}\nits log, {self.log}, ends:\n"
            f"{self.tail()}"
        )

    def _stop_predecessor(self) -> None:
        try:
            pid = int(self._pid_file.read_text())
        except (FileNotFoundError, ValueError):
            return
        # Another program may have this pid now: compare its command line.
        ours = " ".join(self.command)
        for sign in (self._stop_signal, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                if ours in command_line(pid):
                    os.kill(pid, sign)
            deadline = time.monotonic() + 10
            while ours in command_line(pid) and time.monotonic() < deadline:
                time.sleep(0.05)
        self._pid_file.unlink(missing_ok=True)


def command_line(pid: int) -> str:
    """The command line of a process; empty if there is no process with that id."""
    if Path("/proc/self").exists():  # Linux; slim images have no ps
        try:
            content = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            return ""
        return content.rstrip(b"\0").replace(b"\0", b" ").decode(errors="replace")
    shown = subprocess.run(  # noqa: S603
        ["ps", "-ww", "-o", "args=", "-p", str(pid)],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    return shown.stdout.strip()
