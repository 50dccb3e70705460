"""A real kube-apiserver, the real operator as a process, our API over HTTP, and a player.

There are no controllers and no nodes: the player is the Job controller, the pods, the garbage
collector. It does what they would, as far as a test lets it.
"""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections import defaultdict
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self, TypeVar
from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit

from f1_core.rounds import parse_rounds
from f1_devkit.servers.http_thread import Handler, HttpThread
from f1_devkit.servers.ports import free_port
from f1_operator import names
from f1_operator.jobs.observed import ObservedJob
from f1_operator.kube.client import Kubernetes, KubernetesFailed, NotFound
from f1_operator.kube.connection import Connection, connect
from seasons.world import Ledger

Found = TypeVar("Found")
SEASONS = f"/apis/{names.API_VERSION}"


def connected(pool_size: int, kubeconfig: Path) -> Connection:
    """A connection by that kubeconfig, in a pod too."""
    with patch.dict(os.environ, KUBECONFIG=str(kubeconfig)):
        os.environ.pop("KUBERNETES_SERVICE_HOST", None)
        return connect(pool_size)


class FakeApi:
    """Our API, answering from a ledger a year.

    Attributes:
        up: whether it answers; else 503, as with the database away.
        asked: how often it was asked.
    """

    def __init__(self, rounds: int = 4) -> None:
        self.ledgers: defaultdict[int, Ledger] = defaultdict(lambda: Ledger(rounds=rounds))
        self.up = True
        self.asked = 0
        api = self

        class Answer(Handler):
            def do_GET(self) -> None:  # noqa: N802 - its parent's name
                api.asked += 1
                url = urlsplit(self.path)
                query = {name: values[0] for name, values in parse_qs(url.query).items()}
                status, body = api.answer(int(url.path.split("/")[2]), query)
                self.answer(status, {"Content-Type": "application/json"}, json.dumps(body).encode())

        self.server = HttpThread(Answer)

    def answer(self, year: int, query: dict[str, str]) -> tuple[int, Any]:
        if not self.up:
            return 503, {"title": "Service Unavailable", "detail": "the database is away"}
        ledger = self.ledgers[year]
        ledger.now = datetime.now(UTC)
        return 200, ledger.answer(query["owner"], int(query["generation"]))


class OperatorProcess:
    """`f1-operator run`."""

    def __init__(self, kubeconfig: Path, api: str, folder: Path, **settings: object) -> None:
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
            "F1_OPERATOR_LEASE_S": "3",
            "F1_OPERATOR_API_PATIENCE_S": "0.5",
            "F1_LOG_FORMAT": "console",
            **{name: str(value) for name, value in settings.items()},
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [Path(sys.executable).parent / "f1-operator", "run"],
                env=self._environment,
                stdout=log,
                stderr=log,
            )

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
        """Send it a signal and wait for its end; its exit code."""
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


class Player:
    """Plays Kubernetes' controllers and the pods, in a thread.

    Attributes:
        hold: tasks whose Jobs make no progress, by name; a backfill holds before each round.
        only: if set, rounds that may be fetched.
        fail: what a pod says that fails, by round.
        run: names of the Jobs that made progress, in their order.
        plans_at_once: the most plan Jobs seen running side by side.
    """

    def __init__(self, kubernetes: Kubernetes, namespace: str, api: FakeApi | None) -> None:
        self.hold: set[str] = set()
        self.only: set[int] | None = None
        self.fail: dict[int, str] = {}
        self.run: list[str] = []
        self.plans_at_once = 0
        self._kubernetes = kubernetes
        self._namespace = namespace
        self._api = api
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._play, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def _play(self) -> None:
        while not self._stop.wait(0.15):
            try:
                self._once()
            except KubernetesFailed:
                continue  # changed meanwhile, or the apiserver is away: look again

    def _once(self) -> None:
        jobs = self._remove_orphans(self._kubernetes.list_jobs(self._namespace)[0])
        plans = [job for job in map(ObservedJob.read, jobs) if job.task == names.TASK_PLAN]
        self.plans_at_once = max(
            self.plans_at_once, sum(not job.suspended and not job.finished for job in plans)
        )
        for body in jobs:
            self._advance(body)

    def _remove_orphans(self, jobs: list[Any]) -> list[Any]:
        """As the garbage collector; returns the Jobs that stay."""
        seasons, _ = self._kubernetes.list_seasons(self._namespace)
        alive = {season["metadata"]["uid"] for season in seasons}
        staying = []
        for body in jobs:
            owners = {owner["uid"] for owner in body["metadata"].get("ownerReferences", ())}
            if "deletionTimestamp" in body["metadata"]:
                self._kubernetes.merge(_path(body), {"metadata": {"finalizers": None}})
            elif owners and not owners & alive:
                self._kubernetes.request("DELETE", _path(body))
            else:
                staying.append(body)
        return staying

    def _advance(self, body: Any) -> None:
        job = ObservedJob.read(body)
        if job.finished or job.suspended or job.task in self.hold:
            return
        if job.name not in self.run:
            self.run.append(job.name)
        self.advance(body, job)

    def advance(self, body: Any, job: ObservedJob) -> None:
        """A Job gets a little further."""
        (container,) = body["spec"]["template"]["spec"]["containers"]
        args = dict(zip(container["args"][1::2], container["args"][2::2], strict=False))
        assert self._api is not None
        ledger = self._api.ledgers[int(args.get("--season", 0))]
        if job.task == names.TASK_PLAN:
            wanted = parse_rounds(args["--rounds"])
            ledger.plan(
                args["--owner"],
                int(args["--generation"]),
                lambda n: wanted is None or n in wanted,
            )
        elif job.rounds:
            self._fetch(body, job, ledger)
            return
        self.end(body, {})

    def _fetch(self, body: Any, job: ObservedJob, ledger: Ledger) -> None:
        left = sorted(job.unfinished_rounds)
        if self.only is not None:
            left = [number for number in left if number in self.only]
        if not left:
            return
        number = left[0]
        completed, failed = set(job.completed), set(job.failed)
        if number in self.fail:
            failed.add(number)
            self.fail_pod(job, job.rounds.index(number), 1, self.fail[number])
        else:
            ledger.capture(number)
            completed.add(number)
        status = {
            "completedIndexes": _indexes(job, completed),
            "failedIndexes": _indexes(job, failed),
            "succeeded": len(completed),
            "failed": len(failed),
        }
        if completed | failed == set(job.rounds):
            self.end(body, status, failed=bool(failed))
        else:
            self._kubernetes.merge(
                f"{_path(body)}/status", {"status": {**_started(body), **status}}
            )

    def fail_pod(self, job: ObservedJob, index: int, code: int, message: str) -> None:
        path = f"/api/v1/namespaces/{job.namespace}/pods"
        pod = {
            "metadata": {
                "generateName": f"{job.name}-",
                "labels": {
                    "batch.kubernetes.io/job-name": job.name,
                    "batch.kubernetes.io/job-completion-index": str(index),
                },
            },
            "spec": {"containers": [{"name": "main", "image": "x"}], "restartPolicy": "Never"},
        }
        made = self._kubernetes.request("POST", path, pod)
        ended = {"exitCode": code, "message": message[-2000:], "finishedAt": _now()}
        container = {
            "name": "main",
            "image": "x",
            "imageID": "",
            "ready": False,
            "restartCount": 0,
            "state": {"terminated": ended},
        }
        status = {"phase": "Failed", "containerStatuses": [container]}
        self._kubernetes.merge(f"{path}/{made['metadata']['name']}/status", {"status": status})

    def end(self, body: Any, status: dict[str, Any], *, failed: bool = False) -> None:
        first, last = ("FailureTarget", "Failed") if failed else ("SuccessCriteriaMet", "Complete")
        reason = "FailedIndexes" if failed else "CompletionsReached"
        conditions = [
            {"type": kind, "status": "True", "reason": reason, "lastTransitionTime": _now()}
            for kind in (first, last)
        ]
        done = (
            {} if failed else {"completionTime": _now(), "succeeded": body["spec"]["completions"]}
        )
        change = {**_started(body), **status, **done, "conditions": conditions, "active": 0}
        self._kubernetes.merge(f"{_path(body)}/status", {"status": change})


def _path(body: Any) -> str:
    metadata = body["metadata"]
    return f"/apis/batch/v1/namespaces/{metadata['namespace']}/jobs/{metadata['name']}"


def _started(body: Any) -> dict[str, Any]:
    return {"startTime": (body.get("status") or {}).get("startTime") or _now()}


def _indexes(job: ObservedJob, rounds: set[int]) -> str:
    return ",".join(str(job.rounds.index(number)) for number in sorted(rounds))


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class SeasonCluster:
    """All of it, in a namespace of its own."""

    def __init__(
        self, kubeconfig: Path, namespace: str, folder: Path, *, rounds: int = 4, **settings: object
    ) -> None:
        self.namespace = namespace
        self.kubeconfig = kubeconfig
        self.kubernetes = Kubernetes(connected(4, kubeconfig), 10)
        self.api = FakeApi(rounds)
        self.player = Player(Kubernetes(connected(1, kubeconfig), 10), namespace, self.api)
        self._folder = folder
        self._settings = {
            "F1_OPERATOR_NAMESPACE": namespace,
            "F1_OPERATOR_NAMESPACES": namespace,
            **settings,
        }
        self._stack = ExitStack()
        self.operator = self.new_operator()

    def new_operator(self, kubeconfig: Path | None = None, **settings: object) -> OperatorProcess:
        """Another replica; not started yet."""
        merged: dict[str, Any] = {**self._settings, **settings}
        url = self.api.server.url
        operator = OperatorProcess(kubeconfig or self.kubeconfig, url, self._folder, **merged)
        self._stack.callback(operator.stop)
        return operator

    def __enter__(self) -> Self:
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

    # --- looking ---------------------------------------------------------------------------------

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

    def until(self, look: Callable[[], Found], timeout: float = 180) -> Found:
        """Look until there is something; shows the operator's log if there never is."""
        deadline = time.monotonic() + timeout
        last: Any = None
        while time.monotonic() < deadline:
            try:
                last = look()
            except KubernetesFailed as error:
                last = error
                found_one = False
            else:
                found_one = bool(last)
            if found_one:
                found: Found = last
                return found
            time.sleep(0.15)
        logs = "\n".join(path.read_text()[-6000:] for path in self._folder.glob("operator-*.log"))
        raise AssertionError(f"not within {timeout} s; last: {last!r}\n{logs}")

    def until_phase(self, phase: str, name: str = "season-2024", timeout: float = 180) -> None:
        self.until(lambda: self.status(name).get("phase") == phase, timeout)
