"""kubectl from Python, with parsed output, and errors as exceptions."""

import contextlib
import json
import re
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from f1_devkit.kubernetes.programs import ClusterProgram, ProgramFailed
from f1_devkit.servers.ports import LOOPBACK

Manifest = Mapping[str, Any]
Found = TypeVar("Found")


class KubectlFailed(ProgramFailed):
    """kubectl ended with an error."""


class Kubectl(ClusterProgram):
    """kubectl for one cluster and one namespace.

    kubectl.apply(Path("season.yaml"))
    kubectl.get("season", "season-2024")["status"]["phase"]
    kubectl("wait", "--for=condition=Ready", "season/season-2024", timeout=300)
    """

    name = "kubectl"
    failed = KubectlFailed
    timeout_s = 60

    def within(self, namespace: str) -> "Kubectl":
        """The same for another namespace."""
        return Kubectl(self.kubeconfig, namespace)

    def apply(self, *manifests: Manifest | Path | str) -> None:
        """Apply manifests: files, folders of files, text, or objects.

        Raises:
            KubectlFailed: one was refused; `error` has the reason.
        """
        for manifest in manifests:
            if isinstance(manifest, Path):
                self("apply", "--filename", str(manifest))
            else:
                text = manifest if isinstance(manifest, str) else json.dumps(manifest)
                self("apply", "--filename", "-", stdin=text)

    def get(self, kind: str, name: str) -> dict[str, Any]:
        """One object.

        Raises:
            KubectlFailed: there is none with that name.
        """
        found: dict[str, Any] = json.loads(self("get", kind, name, "--output", "json"))
        return found

    def list(self, kind: str, selector: str = "") -> list[dict[str, Any]]:
        """All objects of a kind in the namespace, or those that a selector matches."""
        arguments = ["--selector", selector] if selector else []
        shown = self("get", kind, *arguments, "--output", "json")
        found: list[dict[str, Any]] = json.loads(shown)["items"]
        return found

    def delete(self, kind: str, *names: str, wait: bool = True, timeout: float = 120) -> None:
        """Delete objects; no error if they do not exist."""
        flags = ["--ignore-not-found", f"--wait={str(wait).lower()}"]
        self("delete", kind, *names, *flags, timeout=timeout)

    def logs(self, target: str, *, tail: int = -1, previous: bool = False) -> str:
        """The logs of `pod/name`, `job/name` or `deployment/name`."""
        flags = ["--previous"] if previous else []
        return self("logs", target, "--all-containers", "--prefix", f"--tail={tail}", *flags)

    def execute(self, target: str, *command: str, timeout: float = 60) -> str:
        """Run a command in a pod and return its output.

        Raises:
            KubectlFailed: it ended with another code than 0.
        """
        return self("exec", target, "--", *command, timeout=timeout)

    @contextlib.contextmanager
    def port_forward(self, target: str, port: int) -> Iterator[str]:
        """An address on this machine, such as `127.0.0.1:40123`, that is forwarded to a pod's port.

        It is connected to one pod, and fails when that pod ends.
        """
        process = subprocess.Popen(  # noqa: S603
            self.command("port-forward", target, f":{port}", "--address", LOOPBACK),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            assert process.stdout is not None
            first = process.stdout.readline()
            bound = re.search(rf"from ({re.escape(LOOPBACK)}:\d+)", first)
            if bound is None:
                raise KubectlFailed(
                    ["kubectl", "port-forward", target], first + process.stdout.read()
                )
            yield bound[1]
        finally:
            process.terminate()
            process.communicate()


def eventually(
    what: str,
    look: Callable[[], Found | None],
    *,
    timeout: float = 60,
    pause: float = 0.5,
) -> Found:
    """Call `look` repeatedly until its result is true, and return the result.

    KubectlFailed counts as no result: the object does not exist yet, or the apiserver is down.

    Raises:
        TimeoutError: not within `timeout` seconds; has `what` and the last result.
    """
    deadline = time.monotonic() + timeout
    while True:
        last: Any
        try:
            last = look()
        except KubectlFailed as error:
            last = error
        if last and not isinstance(last, KubectlFailed):
            found: Found = last
            return found
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {timeout:g} s: {what}; seen last: {last!r}")
        time.sleep(pause)
