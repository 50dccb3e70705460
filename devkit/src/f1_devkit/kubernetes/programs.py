"""Finds and runs the programs that make builds: kubectl, helm, kind, etcd, kube-apiserver."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from f1_core.errors import F1Error


class MissingProgram(F1Error):
    """A program is missing; the message has the command that builds it."""


def checkout() -> Path:
    """The root of the checkout of this code.

    Raises:
        MissingProgram: it is not in a checkout.
    """
    for folder in (Path.cwd(), *Path(__file__).absolute().parents):
        if (folder / "charts" / "f1-aggregator" / "Chart.yaml").is_file():
            return folder
    raise MissingProgram("there is no checkout of the repository around here")


def find(name: str, command: str) -> Path:
    """A program in $F1_KUBE_BIN, or else in `.cache/kube/bin` of the checkout.

    Args:
        command: that builds it, for the error message.

    Raises:
        MissingProgram: it is in neither folder.
    """
    named = os.environ.get("F1_KUBE_BIN")
    program = (Path(named) if named else checkout() / ".cache" / "kube" / "bin") / name
    if not os.access(program, os.X_OK):
        raise MissingProgram(f"{name} is not built yet: run {command}")
    return program


class ProgramFailed(F1Error):
    """A program ended with an error; the message contains the program's."""

    def __init__(self, command: Sequence[str], error: str) -> None:
        """Keep the message of the program (or of a webhook, a rule, a schema) in `error`."""
        super().__init__(f"{' '.join(command)}: {error}")
        self.error = error


class ClusterProgram:
    """A program for one cluster and one namespace."""

    name: ClassVar[str]
    failed: ClassVar[type[ProgramFailed]]
    timeout_s: ClassVar[float]

    def __init__(self, kubeconfig: Path, namespace: str = "default") -> None:
        """Run the program for the cluster of `kubeconfig` and for one namespace."""
        self.kubeconfig = kubeconfig
        self.namespace = namespace
        self._program = find(self.name, "make cluster-up")

    def command(self, *arguments: str) -> list[str]:
        """The whole command, to start a process with it."""
        return [
            str(self._program),
            *("--kubeconfig", str(self.kubeconfig), "--namespace", self.namespace),
            *arguments,
        ]

    def __call__(
        self, *arguments: str, stdin: str | None = None, timeout: float | None = None
    ) -> str:
        """Run a command and return its output.

        Raises:
            ProgramFailed: it failed, or took longer than `timeout` seconds.
        """
        shown, timeout = [self.name, *arguments], timeout or self.timeout_s
        try:
            done = subprocess.run(  # noqa: S603 - our own commands
                self.command(*arguments),
                input=stdin,
                capture_output=True,
                text=True,
                timeout=timeout,
                check=False,
            )
        except subprocess.TimeoutExpired as expired:
            raise self.failed(shown, f"no response within {timeout:g} s") from expired
        if done.returncode:
            error = f"{done.stderr.strip()}\n{done.stdout.strip()}".strip()
            raise self.failed(shown, error)
        return done.stdout
