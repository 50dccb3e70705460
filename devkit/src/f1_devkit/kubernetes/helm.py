"""helm from Python."""

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from f1_core.errors import F1Error
from f1_devkit.kubernetes import programs


class HelmFailed(F1Error):
    """helm ended with an error, which the message shows as helm put it."""

    def __init__(self, command: Sequence[str], error: str) -> None:
        """Keep the words of helm, or of the values' schema, in `error`."""
        super().__init__(f"helm {' '.join(command)}: {error}")
        self.error = error


class Helm:
    """helm for one cluster and one namespace.

    helm.install("f1", Path("charts/f1-aggregator"), {"api": {"replicas": 3}})
    helm("rollback", "f1", "1", "--wait")
    """

    def __init__(self, kubeconfig: Path, namespace: str) -> None:
        """Talk to the cluster of `kubeconfig`, about releases in `namespace`."""
        self.namespace = namespace
        self._kubeconfig = kubeconfig
        self._program = programs.find("helm", "make cluster-up")

    def __call__(self, *arguments: str, stdin: str | None = None, timeout: float = 600) -> str:
        """Run a command and return what it printed.

        Raises:
            HelmFailed: it failed, or took longer than `timeout` seconds.
        """
        where = ("--kubeconfig", str(self._kubeconfig), "--namespace", self.namespace)
        try:
            done = subprocess.run(  # noqa: S603 - our own commands
                [str(self._program), *where, *arguments],
                input=stdin,
                capture_output=True,
                text=True,
                timeout=timeout,
                check=False,
            )
        except subprocess.TimeoutExpired as expired:
            raise HelmFailed(arguments, f"no response within {timeout:g} s") from expired
        if done.returncode:
            raise HelmFailed(arguments, f"{done.stderr.strip()}\n{done.stdout.strip()}".strip())
        return done.stdout

    def install(
        self,
        release: str,
        chart: Path,
        values: dict[str, Any] | None = None,
        *files: Path,
        wait_s: int = 300,
    ) -> str:
        """Install or upgrade a release and wait until all of it is ready.

        Args:
            values: override those of `files`, which override the chart's own.

        Raises:
            HelmFailed: refused by the values' schema or by the cluster, or not ready in time.
        """
        named = [argument for file in files for argument in ("--values", str(file))]
        return self(
            *("upgrade", "--install", release, str(chart), *named, "--values", "-"),
            *("--wait", "--timeout", f"{wait_s}s"),
            stdin=json.dumps(values or {}),
            timeout=wait_s + 60,
        )

    def uninstall(self, release: str, wait_s: int = 120) -> None:
        """Remove a release and wait until it is gone; one that is not there is fine."""
        self(
            *("uninstall", release, "--ignore-not-found", "--wait", "--timeout", f"{wait_s}s"),
            timeout=wait_s + 60,
        )
