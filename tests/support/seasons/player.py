"""A player for a real apiserver without controllers and nodes: it acts as the Job controller, the
pods and the garbage collector, as a test configures it.
"""

import threading
from datetime import UTC, datetime
from typing import Any

from f1_core.rounds import parse_rounds
from f1_operator import names
from f1_operator.jobs.observed import ObservedJob
from f1_operator.kube.client import Kubernetes, KubernetesFailed
from seasons.fake_api import FakeApi
from seasons.world import Ledger


class Player:
    """Plays Kubernetes' controllers and the pods, in a thread.

    Attributes:
        hold: tasks whose Jobs make no progress, by name; a backfill holds before each round.
        only: if set, the rounds that may be fetched.
        fail: the message of a failing pod, by round.
        run: names of the Jobs that made progress, in order.
        plans_at_once: the largest number of plan Jobs that ran at the same time.
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
                continue  # changed in between, or the apiserver is unavailable: retry

    def _once(self) -> None:
        jobs = self._remove_orphans(self._kubernetes.list_jobs(self._namespace)[0])
        plans = [job for job in map(ObservedJob.read, jobs) if job.task == names.TASK_PLAN]
        self.plans_at_once = max(
            self.plans_at_once, sum(not job.suspended and not job.finished for job in plans)
        )
        for body in jobs:
            self._advance(body)

    def _remove_orphans(self, jobs: list[Any]) -> list[Any]:
        """Act as the garbage collector; returns the remaining Jobs."""
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
        """Let a Job make progress."""
        (container,) = body["spec"]["template"]["spec"]["containers"]
        args = dict(zip(container["args"][1::2], container["args"][2::2], strict=False))
        assert self._api is not None
        ledger = self._api.ledgers[int(args.get("--season", 0))]
        if job.task == names.TASK_PLAN:
            rounds = parse_rounds(args["--rounds"])
            ledger.plan(
                args["--owner"],
                int(args["--generation"]),
                lambda n: rounds is None or n in rounds,
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
