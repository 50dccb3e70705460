"""The programs as a user runs them: processes with settings, on one database and bucket."""

import subprocess
from dataclasses import dataclass, field, replace
from typing import Protocol, Self

import sqlalchemy as sa

from f1_devkit.programs.processes import path_of


class Running(Protocol):
    """A program that was started: what it has of :class:`subprocess.Popen`."""

    pid: int

    def poll(self) -> int | None:
        """Its exit code, or None while it runs."""

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; its exit code."""

    def send_signal(self, number: int, /) -> None:
        """Send it a signal."""

    def terminate(self) -> None:
        """Ask it to end (SIGTERM)."""

    def kill(self) -> None:
        """End it (SIGKILL)."""


@dataclass
class Installation:
    """Runs f1-ingest, f1-worker and f1-api with the settings of one database and bucket."""

    environment: dict[str, str]
    started: list[Running] = field(default_factory=list)

    def run(self, program: str, *arguments: str) -> None:
        """Run a program to its end.

        Raises:
            AssertionError: it failed; shows its output.
        """
        done = subprocess.run(  # noqa: S603 - our own programs
            [path_of(program), *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )
        output = f"{done.stdout[-2000:]}\n{done.stderr[-6000:]}"
        assert done.returncode == 0, f"{program} {arguments} failed:\n{output}"

    def start(self, program: str, *arguments: str) -> Running:
        """Start a program and leave it running."""
        process = subprocess.Popen(  # noqa: S603 - our own programs
            [path_of(program), *arguments],
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.started.append(process)
        return process

    def on_database(self, url: str) -> Self:
        """The same, on another database."""
        return replace(self, environment=self.environment | {"F1_DATABASE_URL": url})

    def engine(self) -> sa.Engine:
        """An engine on the database."""
        return sa.create_engine(self.environment["F1_DATABASE_URL"], poolclass=sa.NullPool)
