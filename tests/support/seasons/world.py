"""A simulation of a Season in memory: Kubernetes' Job controller, the ledger and the API.

Tests use it for scenarios of user actions, events in the cluster and decisions of the operator. The
operator's part is real: it builds manifests and reads them again.
"""

import copy
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec

from f1_operator import names
from f1_operator.api.progress import Progress
from f1_operator.jobs.observed import ObservedJob
from f1_operator.kube.actions import Action, CreateJob, DeleteJob, PatchJob, SetFinalizers
from f1_operator.reconcile.decide import decide
from f1_operator.reconcile.observed import Decision, Observed
from f1_operator.season.resource import Season, Status
from f1_operator.settings import JobSettings

START = datetime(2030, 1, 1, 12, tzinfo=UTC)
RESOURCES = ("results", "laps")
JOB_SETTINGS = JobSettings(
    ingest_image="f1-ingest:1",
    worker_image="f1-worker:1",
    env_from_config_maps=("f1-settings",),
    env_from_secrets=("f1-secrets",),
)


def season_body(name: str = "season-2024", **spec: Any) -> dict[str, Any]:
    """A Season as stored in Kubernetes after `kubectl apply`."""
    return {
        "apiVersion": names.API_VERSION,
        "kind": names.KIND,
        "metadata": {
            "name": name,
            "namespace": "f1",
            "uid": f"uid-of-{name}",
            "resourceVersion": "1",
            "generation": 1,
            "creationTimestamp": START.isoformat(),
            "annotations": {},
            "finalizers": [],
        },
        "spec": {"year": 2024, **spec},
    }


class Ledger:
    """The content of the database, and the API's answer from it."""

    def __init__(self, *, rounds: int = 4) -> None:
        self.now = START
        first = date(2024, 3, 1)
        self.dates = {n: first + timedelta(weeks=n) for n in range(1, rounds + 1)}
        self.states: dict[tuple[int, str], str] = {}
        self.fetched: dict[tuple[int, str], datetime] = {}
        self.plans: dict[tuple[str, int], tuple[datetime, frozenset[int]]] = {}
        self.source_away = False

    def plan(self, owner: str, generation: int, wants: Callable[[int], bool]) -> None:
        """Record the plan of `f1-ingest plan`: the rounds run so far."""
        today = self.now.date()
        run = frozenset(n for n, day in self.dates.items() if day < today and wants(n))
        self.plans[owner, generation] = (self.now, run)

    def capture(self, number: int, state: str = "processed") -> None:
        """Record a fetched round, which the worker processes or has processed."""
        for name in RESOURCES:
            self.states[number, name] = state
            self.fetched[number, name] = self.now

    def answer(self, owner: str, generation: int) -> dict[str, Any]:
        """`GET /seasons/{year}/status?owner=&generation=`."""
        planned = self.plans.get((owner, generation))
        expected = planned[1] if planned else frozenset()
        races = [
            {
                "race_id": f"2024-circuit-{number}",
                "round": number,
                "name": f"Race {number}",
                "date": day.isoformat(),
                "run": day <= self.now.date(),
                "resources": [
                    self._resource(number, name, number in expected) for name in RESOURCES
                ],
            }
            for number, day in self.dates.items()
        ]
        plan = {"owner": owner, "generation": generation, "expected": len(expected)}
        outcome = "source_unavailable" if self.source_away else "succeeded"
        return {
            "season": 2024,
            "races": races if planned else [],
            "rows": {"laps": 1000 * len(self.states), "results": None},
            "requests": {"spent": len(self.states), "estimated": 0, "estimated_seconds": 600},
            "expectations": [plan | {"planned_at": planned[0].isoformat()}] if planned else [],
            "runs": [
                {
                    "kind": "backfill",
                    "started_at": START.isoformat(),
                    "outcome": outcome,
                    "detail": "HTTP 521",
                }
            ],
        }

    def _resource(self, number: int, name: str, expected: bool) -> dict[str, Any]:
        state = self.states.get((number, name), "missing" if expected else "not_due")
        fetched = self.fetched.get((number, name))
        return {
            "resource": name,
            "session": "race",
            "expected": expected,
            "state": state,
            "fetched_at": fetched.isoformat() if fetched else None,
            "capture": f"raw/{number}-{name}.json" if fetched else None,
            "reason": "rows are missing" if state == "quarantined" else None,
        }


class World(Ledger):
    """One Season, its Jobs, the ledger and the API."""

    def __init__(self, *, rounds: int = 4, spec_rounds: str = "all", **spec: Any) -> None:
        super().__init__(rounds=rounds)
        self.body = season_body(rounds=spec_rounds, **spec)
        self.jobs: dict[str, dict[str, Any]] = {}
        self.api_up = True
        self.api_problem: str | None = "the API at http://f1-api does not respond"
        self.turn = True
        self.rival: Season | None = None
        self.reasons: dict[tuple[str, int], str] = {}
        self.created: list[str] = []
        self.namespace_terminating = False

    # --- the operator's observations ------------------------------------------------------------

    @property
    def season(self) -> Season:
        return Season.read(self.body)

    @property
    def status(self) -> Status:
        return self.season.status

    @property
    def phase(self) -> str:
        return self.status.phase

    @property
    def observed(self) -> Observed:
        return Observed(
            season=self.season,
            now=self.now,
            job_settings=JOB_SETTINGS,
            jobs=tuple(ObservedJob.read(body) for body in self.jobs.values()),
            progress=self.progress() if self.api_up else None,
            api_problem=None if self.api_up else self.api_problem,
            rival=self.rival,
            plan_slot=lambda: self.turn,
            reasons=self.reasons,
            operator_namespace="f1-system",
            namespace_terminating=self.namespace_terminating,
        )

    def progress(self) -> Progress:
        """The API's answer, through JSON."""
        answer = self.answer(self.season.metadata.uid, self.season.plan.generation)
        return msgspec.json.decode(msgspec.json.encode(answer), type=Progress)

    # --- the operator ----------------------------------------------------------------------------

    def decide(self) -> Decision:
        return decide(self.observed)

    def reconcile(self) -> Decision:
        """Reconcile until nothing changes; fails if it does not converge."""
        first = self.decide()
        decision = first
        for _ in range(6):
            for action in decision.actions:
                self.apply(action)
            if self.body is not None:
                self.body["status"] = decision.status.as_json()
            again = self.decide()
            if not again.actions and again.status == decision.status:
                return first
            decision = again
        raise AssertionError(f"does not converge: {decision}")

    def apply(self, action: Action) -> None:
        """Apply an action as Kubernetes does."""
        match action:
            case CreateJob(manifest=manifest):
                self._create(manifest)
            case DeleteJob(job=job):
                self.jobs.pop(job.name, None)
            case PatchJob(job=job, suspend=suspend, parallelism=parallelism):
                spec = self.jobs[job.name]["spec"]
                if suspend is not None:
                    spec["suspend"] = suspend
                if parallelism is not None:
                    spec["parallelism"] = parallelism
            case SetFinalizers(finalizers=finalizers):
                self.body["metadata"]["finalizers"] = list(finalizers)

    def _create(self, manifest: dict[str, Any]) -> None:
        name = manifest["metadata"]["name"]
        if name in self.jobs:
            return
        body = copy.deepcopy(manifest)
        body["metadata"] |= {
            "uid": f"uid-of-{name}",
            "resourceVersion": "1",
            "creationTimestamp": self.now.isoformat(),
        }
        body["status"] = {}
        self.jobs[name] = body
        self.created.append(name)

    # --- people ----------------------------------------------------------------------------------

    def edit(self, **spec: Any) -> None:
        self.body["spec"] |= spec
        self.body["metadata"]["generation"] += 1

    def annotate(self, name: str, value: str = "1") -> None:
        self.body["metadata"]["annotations"][name] = value

    def delete(self) -> None:
        self.body["metadata"]["deletionTimestamp"] = self.now.isoformat()

    # --- the cluster -----------------------------------------------------------------------------

    def job(self, task: str) -> dict[str, Any]:
        """The newest Job for a task."""
        chosen = [
            body
            for body in self.jobs.values()
            if body["metadata"]["labels"][names.TASK_LABEL] == task
        ]
        return chosen[-1]

    def observed_job(self, task: str) -> ObservedJob:
        return ObservedJob.read(self.job(task))

    def tasks(self) -> list[str]:
        return [ObservedJob.read(body).task for body in self.jobs.values()]

    def run_plan(self, rounds: frozenset[int] | None = None) -> None:
        """Run the plan Job: it reads the schedule and records expectations."""
        body = self.job("plan")
        assert not body["spec"]["suspend"]
        args = body["spec"]["template"]["spec"]["containers"][0]["args"]
        generation = int(args[args.index("--generation") + 1])
        owner = args[args.index("--owner") + 1]
        self.plan(owner, generation, self.season.spec.requests_round)
        if rounds is not None:
            self.plans[owner, generation] = (self.now, rounds)
        self.end(body, "Complete")

    def fetch(self, *rounds: int, state: str = "processed", task: str = "backfill") -> None:
        """Let a pod of the Job fetch rounds; a running worker processes them at once."""
        body = self.job(task)
        observed = ObservedJob.read(body)
        assert not observed.suspended
        for number in rounds:
            assert number in observed.rounds
            self.capture(number, state)
        self._mark(body, "completedIndexes", rounds)
        self._end_when_done(body)

    def give_up(self, *rounds: int, why: str = "exit code 1", task: str = "backfill") -> None:
        """Fail a round more often than allowed."""
        body = self.job(task)
        for number in rounds:
            self.reasons[body["metadata"]["name"], number] = why
        self._mark(body, "failedIndexes", rounds)
        self._end_when_done(body)

    def process(self, state: str = "processed") -> None:
        """Let the worker process all pending captures."""
        for key, now in self.states.items():
            if now == "pending":
                self.states[key] = state

    def end(self, body: dict[str, Any], outcome: str, reason: str = "") -> None:
        body["status"].setdefault("conditions", []).append(
            {
                "type": outcome,
                "status": "True",
                "reason": reason,
                "lastTransitionTime": self.now.isoformat(),
            }
        )

    def expire(self, *tasks: str) -> None:
        """Delete finished Jobs after their time to live."""
        for name, body in list(self.jobs.items()):
            if ObservedJob.read(body).finished and (
                not tasks or ObservedJob.read(body).task in tasks
            ):
                del self.jobs[name]

    def later(self, **delta: float) -> None:
        self.now += timedelta(**delta)

    def _mark(self, body: dict[str, Any], field: str, rounds: tuple[int, ...]) -> None:
        observed = ObservedJob.read(body)
        known = observed.completed if field == "completedIndexes" else observed.failed
        indexes = sorted(observed.rounds.index(number) for number in {*known, *rounds})
        body["status"][field] = ",".join(map(str, indexes))

    def _end_when_done(self, body: dict[str, Any]) -> None:
        observed = ObservedJob.read(body)
        if not observed.finished and not observed.unfinished_rounds:
            failed = bool(observed.failed)
            self.end(body, "Failed" if failed else "Complete", "FailedIndexes" if failed else "")


def ready_world(**arguments: Any) -> World:
    """A Season that was planned, fetched and processed."""
    world = World(**arguments)
    world.reconcile()
    world.run_plan()
    world.reconcile()
    world.fetch(*ObservedJob.read(world.job("backfill")).rounds)
    world.reconcile()
    assert world.phase == "Ready", world.status
    return world


def condition(status: Status, kind: str) -> tuple[str, str]:
    found = status.condition(kind)
    assert found is not None
    return found.status, found.reason
