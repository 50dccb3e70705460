"""The real operator as a process at a real kube-apiserver, with a player and the API beside it."""

import os
import re
import signal
import subprocess
import time
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self, TypeVar
from unittest.mock import patch

from forked.process import ForkedProcess

from f1_devkit.programs.processes import path_of
from f1_devkit.servers.ports import free_port
from f1_operator import names
from f1_operator.jobs.observed import ObservedJob
from f1_operator.kube.client import Kubernetes, KubernetesFailed, NotFound
from f1_operator.kube.connection import Connection, connect
from seasons.fake_api import FakeApi
from seasons.player import Player

Found = TypeVar("Found")
SEASONS = f"/apis/{names.API_VERSION}"


def connected(pool_size: int, kubeconfig: Path) -> Connection:
    """A connection with that kubeconfig, also in a pod."""
    with patch.dict(os.environ, KUBECONFIG=str(kubeconfig)):
        os.environ.pop("KUBERNETES_SERVICE_HOST", None)
        return connect(pool_size)


class OperatorProcess:
    """`f1-operator run`.

    Args:
        real: it is the program itself, and no fork of a process that has imported it.
    """

    def __init__(
        self, kubeconfig: Path, api: str, folder: Path, *, real: bool, **settings: object
    ) -> None:
        self._real = real
        self.port = free_port()
        self.log = folder / f"operator-{self.port}.log"
        self._environment = {
            **os.environ,
            "KUBECONFIG": str(kubeconfig),
            "F1_API_URL": api,
            "F1_JOB_INGEST_IMAGE": "f1-ingest:test",
            "F1_JOB_WORKER_IMAGE": "f1-worker:test",
            "F1_OPERATOR_IDENTITY": f"replica-{self.port}",
            "F1_OPERATOR_METRICS_HOST": "127.0.0.1",
            "F1_OPERATOR_METRICS_PORT": str(self.port),
            "F1_OPERATOR_POLL_S": "0.2",
            "F1_OPERATOR_POLL_MAX_S": "0.5",
            "F1_OPERATOR_API_PATIENCE_S": "0.5",
            "F1_LOG_FORMAT": "console",
            **{name: str(value) for name, value in settings.items()},
        }
        self._process: subprocess.Popen[bytes] | ForkedProcess | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            if self._real:
                self._process = subprocess.Popen(
                    [path_of("f1-operator"), "run"], env=self._environment, stdout=log, stderr=log
                )
            else:
                self._process = ForkedProcess(
                    ["f1-operator", "run"], env=self._environment, stdout=log, stderr=log
                )

    def __str__(self) -> str:
        """For the message of a failed test: its exit code, and its log."""
        code = self._process.poll() if self._process is not None else "not started"
        log = self.log.read_text()[-6000:] if self.log.exists() else ""
        return f"operator at port {self.port}, exit code {code}:\n{log}"

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def ready(self) -> bool:
        try:
            return self.get("/readyz")[0] == 200
        except OSError:
            return False

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def kill(self, number: signal.Signals = signal.SIGKILL) -> int:
        """Send a signal and wait for its end; returns its exit code."""
        assert self._process is not None
        self._process.send_signal(number)
        return self._process.wait(timeout=30)

    def wait(self, timeout: float = 30) -> int:
        assert self._process is not None
        return self._process.wait(timeout)

    def stop(self) -> None:
        if self.running:
            self.kill(signal.SIGTERM)

    def get(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def metric(self, name: str, **labels: str) -> float:
        """The sum over all samples of that name that have these labels."""
        total = 0.0
        for line in self.get("/metrics")[1].splitlines():
            if line.partition("{")[0].partition(" ")[0] == name and all(
                f'{key}="{value}"' in line for key, value in labels.items()
            ):
                total += float(line.rpartition(" ")[2])
        return total

    @property
    def memory_mb(self) -> float:
        status = Path(f"/proc/{self.pid}/status").read_text()
        found = re.search(r"VmRSS:\s+(\d+) kB", status)
        assert found is not None
        return int(found[1]) / 1024


class SeasonCluster:
    """The apiserver, the operator, the player and the API, with a separate namespace.

    Args:
        api: the API of another namespace, if both have the same operator.
        real: whether operators are processes of the program, as tests of memory need.
    """

    def __init__(
        self,
        kubeconfig: Path,
        namespace: str,
        folder: Path,
        *,
        rounds: int = 4,
        api: FakeApi | None = None,
        real: bool = False,
        **settings: object,
    ) -> None:
        self.namespace = namespace
        self.kubeconfig = kubeconfig
        self.kubernetes = Kubernetes(connected(4, kubeconfig), 10)
        self.api = api or FakeApi(rounds)
        self._has_api = api is None
        self.player = Player(Kubernetes(connected(1, kubeconfig), 10), namespace, self.api)
        self._folder = folder
        self._real = real
        self._settings = {
            "F1_OPERATOR_NAMESPACE": namespace,
            "F1_OPERATOR_NAMESPACES": namespace,
            **settings,
        }
        self._stack = ExitStack()
        self._operators: list[OperatorProcess] = []
        self.operator = self.new_operator()

    def new_operator(self, kubeconfig: Path | None = None, **settings: object) -> OperatorProcess:
        """Another replica; not started yet."""
        merged: dict[str, Any] = {**self._settings, **settings}
        url = self.api.server.address
        operator = OperatorProcess(
            kubeconfig or self.kubeconfig, url, self._folder, real=self._real, **merged
        )
        self._operators.append(operator)
        self._stack.callback(operator.stop)
        return operator

    def __enter__(self) -> Self:
        if self._has_api:
            self._stack.enter_context(self.api.server)
        self.player.start()
        self._stack.callback(self.player.stop)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    # --- people ----------------------------------------------------------------------------------

    def apply(self, name: str = "season-2024", **spec: Any) -> None:
        body = {
            "apiVersion": names.API_VERSION,
            "kind": names.KIND,
            "metadata": {"name": name},
            "spec": {"year": 2024, **spec},
        }
        path = f"{SEASONS}/namespaces/{self.namespace}/{names.PLURAL}"
        self.kubernetes.request("POST", path, body)

    def edit(self, name: str = "season-2024", **spec: Any) -> None:
        self.kubernetes.merge(self._path(name), {"spec": spec})

    def annotate(self, key: str, value: str = "1", name: str = "season-2024") -> None:
        self.kubernetes.merge(self._path(name), {"metadata": {"annotations": {key: value}}})

    def delete(self, name: str = "season-2024") -> None:
        self.kubernetes.request("DELETE", self._path(name))

    # --- observing -------------------------------------------------------------------------------

    def _path(self, name: str) -> str:
        return f"{SEASONS}/namespaces/{self.namespace}/{names.PLURAL}/{name}"

    def season(self, name: str = "season-2024") -> Any:
        return self.kubernetes.request("GET", self._path(name))

    def status(self, name: str = "season-2024") -> dict[str, Any]:
        found: dict[str, Any] = self.season(name).get("status") or {}
        return found

    def condition(self, kind: str, name: str = "season-2024") -> dict[str, Any]:
        conditions = self.status(name).get("conditions") or ()
        return next((one for one in conditions if one["type"] == kind), {})

    def jobs(self, task: str = "") -> list[ObservedJob]:
        bodies, _ = self.kubernetes.list_jobs(self.namespace)
        found = [ObservedJob.read(body) for body in bodies]
        return [job for job in found if not task or job.task == task]

    def events(self) -> list[str]:
        path = f"/api/v1/namespaces/{self.namespace}/events"
        items = self.kubernetes.request("GET", path)["items"]
        return [item["reason"] for item in items]

    def gone(self, name: str = "season-2024") -> bool:
        try:
            self.season(name)
        except NotFound:
            return True
        return False

    def until(self, observe: Callable[[], Found], timeout: float = 180) -> Found:
        """Repeat `observe` until it returns a result; a failure shows the operator's log."""
        deadline = time.monotonic() + timeout
        last: Any = None
        while time.monotonic() < deadline:
            try:
                last = observe()
            except KubernetesFailed as error:
                last = error
                found_one = False
            else:
                found_one = bool(last)
            if found_one:
                found: Found = last
                return found
            time.sleep(0.15)
        replicas = "\n".join(map(str, self._operators))
        raise AssertionError(f"not within {timeout} s; last: {last!r}\n{replicas}")

    def until_phase(self, phase: str, name: str = "season-2024", timeout: float = 180) -> None:
        self.until(lambda: self.status(name).get("phase") == phase, timeout)
