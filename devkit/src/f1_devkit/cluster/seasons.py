"""A Season on the test cluster, used as with kubectl."""

import contextlib
import json
from collections.abc import Callable
from typing import Any

from f1_devkit.kubernetes.kubectl import Kubectl, KubectlFailed, eventually

_SEASON = "f1.telemetry.dev/season"
_TASK = "f1.telemetry.dev/task"


class Season:
    """The Season `season-YEAR` of the stand-in source.

    season = Season(kubectl, 2024, rounds="1-3")
    season.apply()
    season.until_ready()
    season.edit(rounds="1-5")
    """

    def __init__(self, kubectl: Kubectl, year: int, *, name: str = "", **spec: Any) -> None:
        """Prepare; `spec` as in the resource, added to the year and the source."""
        self.kubectl = kubectl
        self.year = year
        self.name = name or f"season-{year}"
        self.spec = {"year": year, "source": "synthetic", **spec}

    def apply(self) -> None:
        """Create it, or reset it to the prepared spec.

        Raises:
            KubectlFailed: refused; `error` has the reason.
        """
        self.kubectl.apply(
            {
                "apiVersion": "f1.telemetry.dev/v1alpha1",
                "kind": "Season",
                "metadata": {"name": self.name},
                "spec": self.spec,
            }
        )

    def edit(self, **spec: Any) -> None:
        """Change fields of its spec."""
        self._patch({"spec": spec})

    def annotate(self, name: str, value: str) -> None:
        """Set an annotation."""
        self._patch({"metadata": {"annotations": {name: value}}})

    def delete(self, *, wait: bool = True, timeout: float = 120) -> None:
        """Delete it, and wait until it is gone unless `wait` is false."""
        self.kubectl.delete("season", self.name, wait=wait, timeout=timeout)

    @property
    def rounds(self) -> str:
        """The rounds of the prepared spec."""
        return str(self.spec.get("rounds", "all"))

    @property
    def body(self) -> dict[str, Any]:
        """The object as it is now."""
        return self.kubectl.get("season", self.name)

    @property
    def status(self) -> dict[str, Any]:
        """Its status; empty at first."""
        status: dict[str, Any] = self.body.get("status") or {}
        return status

    @property
    def phase(self) -> str:
        """Its phase; empty at first."""
        return str(self.status.get("phase", ""))

    @property
    def gone(self) -> bool:
        """Whether it no longer exists."""
        found = self.kubectl("get", "season", self.name, "--ignore-not-found", "--output", "name")
        return not found.strip()

    def condition(self, kind: str) -> dict[str, Any]:
        """One of its conditions; empty if it has none of that type."""
        conditions = self.status.get("conditions", ())
        return next((one for one in conditions if one["type"] == kind), {})

    def jobs(self, task: str = "") -> list[dict[str, Any]]:
        """Its Jobs in the namespace, all or those for one task: plan, backfill, refresh."""
        return self.kubectl.list("jobs", self._selector(task))

    def pods(self, task: str = "", phase: str = "") -> list[dict[str, Any]]:
        """Its Jobs' pods, all or those for one task, in one phase such as Running."""
        pods = self.kubectl.list("pods", self._selector(task))
        return [pod for pod in pods if phase in ("", pod["status"]["phase"])]

    def until(self, phase: str, timeout: float = 240) -> None:
        """Wait for a phase.

        Raises:
            TimeoutError: not within `timeout` seconds; shows the status.
        """
        self._wait(f"{self.name} is {phase}", lambda status: status.get("phase") == phase, timeout)

    def until_progress(self, rounds: int, timeout: float = 300) -> None:
        """Wait until at least so many rounds are processed."""

        def is_so_far(status: dict[str, Any]) -> bool:
            return bool((status.get("rounds") or {}).get("processed", 0) >= rounds)

        self._wait(f"{rounds} rounds of {self.name} are processed", is_so_far, timeout)

    def until_ready(self, timeout: float = 600) -> None:
        """Wait until it is Ready for its latest generation."""
        edited = self.body["metadata"]["generation"]

        def is_ready(status: dict[str, Any]) -> bool:
            return status.get("phase") == "Ready" and status["observedGeneration"] >= edited

        self._wait(f"{self.name} is Ready", is_ready, timeout)

    def _wait(self, what: str, holds: Callable[[dict[str, Any]], bool], timeout: float) -> None:
        try:
            eventually(what, lambda: holds(self.status), timeout=timeout)
        except TimeoutError as expired:
            with contextlib.suppress(KubectlFailed):
                expired.add_note(json.dumps(self.status, indent=1))
            raise

    def _patch(self, change: dict[str, Any]) -> None:
        text = json.dumps(change)
        self.kubectl("patch", "season", self.name, "--type", "merge", "--patch", text)

    def _selector(self, task: str) -> str:
        return f"{_SEASON}={self.name}" + (f",{_TASK}={task}" if task else "")
