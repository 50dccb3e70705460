"""One active replica: it holds a coordination.k8s.io Lease while it works, and exits without it.

A Deployment with the strategy Recreate is not enough: a node without connection keeps its pod
running while another node starts the next one. As in client-go, a Lease expires when *this*
process has seen it unchanged for its duration; its own times are not used, since clocks differ.
"""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import structlog

from f1_operator import metrics
from f1_operator.kube.client import Conflict, Kubernetes, KubernetesFailed, NotFound

log = structlog.get_logger()


class Lease:
    """A Lease in the operator's namespace.

    Args:
        lease_s: a Lease that is not renewed for so long is taken over. Its holder renews it every
            third of that time, and exits after two thirds without success.
    """

    def __init__(
        self,
        kubernetes: Kubernetes,
        *,
        namespace: str,
        name: str,
        identity: str,
        lease_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._kubernetes = kubernetes
        self._collection = f"/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases"
        self._path = f"{self._collection}/{name}"
        self._name = name
        self._identity = identity
        self._lease_s = lease_s
        self._clock = clock
        self._seen: tuple[Any, float] | None = None
        self._ours: Any | None = None

    def acquire(self, stop: threading.Event) -> bool:
        """Wait until this replica holds the Lease; False: stopped before that."""
        logged = ""
        while not stop.is_set():
            try:
                holder = self._try()
            except KubernetesFailed as error:
                holder = f"unknown ({error})"
            if holder is None:
                metrics.leading.set(1)
                log.info("leading", identity=self._identity)
                return True
            if holder != logged:
                log.info("waiting for the Lease", holder=holder)
                logged = holder
            stop.wait(self._lease_s / 6)
        return False

    def keep(self, stop: threading.Event, lost: Callable[[], None]) -> None:
        """Renew it until `stop`; call `lost` when another holds it, or after too many failures."""
        renewed = self._clock()
        pause_s = self._lease_s / 3
        while not stop.wait(pause_s):
            pause_s = self._lease_s / 3
            try:
                holder = self._try()
            # Any error: if renewing ended unnoticed, two replicas would work.
            except Exception as error:  # noqa: BLE001
                log.warning("could not renew the Lease", error=str(error))
                pause_s = min(1.0, pause_s)
                holder = None if self._clock() - renewed < self._lease_s * 2 / 3 else "unknown"
            else:
                renewed = self._clock()
            if holder is not None:
                log.error("lost the Lease", holder=holder)
                metrics.leading.set(0)
                lost()
                return

    def release(self) -> None:
        """Release it, so that the next replica need not wait."""
        try:
            found = self._kubernetes.request("GET", self._path)
            if found["spec"].get("holderIdentity") != self._identity:
                return
            found["spec"] |= {"holderIdentity": "", "leaseDurationSeconds": 1}
            self._kubernetes.request("PUT", self._path, found)
        except KubernetesFailed as error:
            log.warning("could not release the Lease", error=str(error))
        metrics.leading.set(0)

    def _try(self) -> str | None:
        """Take or renew it; returns the holder if another replica has it.

        Raises:
            KubernetesFailed: a request failed.
        """
        if self._ours is not None:
            # With the version of the last write: one request, refused if it changed since.
            ours, self._ours = self._ours, None
            if self._write(ours, taken=False):
                return None
        try:
            found = self._kubernetes.request("GET", self._path)
        except NotFound:
            return None if self._create() else "another replica"
        spec = found["spec"]
        holder = spec.get("holderIdentity") or ""
        if self._seen is None or self._seen[0] != spec:
            self._seen = (spec, self._clock())
        silent_s = self._clock() - self._seen[1]
        if holder not in ("", self._identity) and silent_s < self._lease_s:
            return str(holder)
        written = self._write(found, taken=holder != self._identity)
        return None if written else "another replica"

    def _write(self, found: Any, *, taken: bool) -> bool:
        spec = {**found["spec"], **self._spec()}
        if taken:
            spec["acquireTime"] = _now()
            spec["leaseTransitions"] = spec.get("leaseTransitions", 0) + 1
        try:
            self._ours = self._kubernetes.request("PUT", self._path, {**found, "spec": spec})
        except Conflict:
            return False
        return True

    def _create(self) -> bool:
        body = {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {"name": self._name},
            "spec": {**self._spec(), "acquireTime": _now(), "leaseTransitions": 0},
        }
        try:
            self._ours = self._kubernetes.request("POST", self._collection, body)
        except Conflict:
            return False
        return True

    def _spec(self) -> dict[str, Any]:
        return {
            "holderIdentity": self._identity,
            "leaseDurationSeconds": max(1, round(self._lease_s)),
            "renewTime": _now(),
        }


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
