"""Requests to Kubernetes, each with a time-out. Objects are plain dictionaries."""

import json
import time
from typing import Any, Literal

from urllib3.exceptions import HTTPError

from f1_core.errors import F1Error
from f1_operator import metrics, names
from f1_operator.jobs.observed import ObservedJob
from f1_operator.kube.actions import CreateJob, DeleteJob, PatchJob, SetFinalizers
from f1_operator.kube.connection import Connection
from f1_operator.season.events import Event
from f1_operator.season.resource import Season, Status

Verb = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
_MERGE = "application/merge-patch+json"
_JSON_PATCH = "application/json-patch+json"
_SEASONS = f"/apis/{names.GROUP}/{names.VERSION}"


class KubernetesFailed(F1Error):
    """A request failed or timed out; it may be retried."""

    def __init__(self, what: str, status: int, detail: str) -> None:
        """`status` is the HTTP status; 0: no response."""
        super().__init__(f"{what}: {detail}")
        self.status = status
        self.detail = detail


class NotFound(KubernetesFailed):
    """The object does not exist (404)."""


class Conflict(KubernetesFailed):
    """The object exists already, or changed since it was read (409)."""


class Refused(KubernetesFailed):
    """A quota, a policy, or a missing right refuses the request. It may succeed later."""


class NamespaceTerminating(KubernetesFailed):
    """The namespace is being deleted: nothing can be created in it."""


class Kubernetes:
    """The requests. Safe to share between threads."""

    def __init__(self, connection: Connection, timeout_s: float) -> None:
        self._connection = connection
        self._timeout_s = (min(timeout_s, 5.0), timeout_s)

    def request(
        self,
        verb: Verb,
        path: str,
        body: Any = None,
        *,
        query: dict[str, str] | None = None,
        content_type: str = "application/json",
    ) -> Any:
        """Send one request.

        Raises:
            KubernetesFailed: an error, or no response within the time-out.
        """
        headers = {"Accept": "application/json", "Content-Type": content_type}
        began = time.monotonic()
        code = 0
        try:
            code, text = self._connection.request(
                verb,
                path,
                query=query or {},
                headers=headers,
                body=None if body is None else json.dumps(body).encode(),
                timeout_s=self._timeout_s,
            )
        except (HTTPError, OSError) as error:
            raise KubernetesFailed(f"{verb} {path}", 0, _first_line(error)) from error
        finally:
            metrics.kubernetes_seconds.labels(verb, _kind(path)).observe(time.monotonic() - began)
            metrics.kubernetes_requests.labels(verb, _kind(path), str(code)).inc()
        if code >= 400:
            raise _refused(f"{verb} {path}", code, text)
        try:
            return json.loads(text) if text else {}
        except ValueError as error:
            raise KubernetesFailed(f"{verb} {path}", code, "the response is not JSON") from error

    # --- reading ---------------------------------------------------------------------------------

    def list_seasons(self, namespace: str | None) -> tuple[list[Any], int]:
        """All Seasons, and the resource version of the list."""
        return self._list(f"{_SEASONS}{_in(namespace)}/{names.PLURAL}", {})

    def list_jobs(self, namespace: str | None) -> tuple[list[Any], int]:
        """All Jobs of ours, and the resource version of the list."""
        path = f"/apis/batch/v1{_in(namespace)}/jobs"
        return self._list(path, {"labelSelector": names.MANAGED})

    def get_season(self, season: Season) -> Any:
        """Read a Season."""
        return self.request("GET", _season_path(season))

    def get_job(self, namespace: str, name: str) -> Any:
        """Read a Job."""
        return self.request("GET", f"/apis/batch/v1{_in(namespace)}/jobs/{name}")

    def is_terminating(self, namespace: str) -> bool:
        """Whether a namespace is being deleted. A Role in that namespace is enough to read it."""
        found = self.request("GET", f"/api/v1/namespaces/{namespace}")
        return "deletionTimestamp" in found["metadata"]

    def pods_of(self, namespace: str, selector: str) -> list[Any]:
        """Pods by their labels."""
        return self._list(f"/api/v1{_in(namespace)}/pods", {"labelSelector": selector})[0]

    def _list(self, path: str, query: dict[str, str]) -> tuple[list[Any], int]:
        answer = self.request("GET", path, query=query)
        return answer["items"], int(answer["metadata"]["resourceVersion"])

    def merge(self, path: str, change: Any) -> Any:
        """Apply a merge patch; returns the changed object."""
        return self.request("PATCH", path, change, content_type=_MERGE)

    # --- writing ---------------------------------------------------------------------------------

    def create_job(self, action: CreateJob) -> Any:
        """Create a Job, or read the one that exists; returns it as Kubernetes stores it."""
        metadata = action.manifest["metadata"]
        path = f"/apis/batch/v1{_in(metadata['namespace'])}/jobs"
        try:
            return self.request("POST", path, action.manifest)
        except Conflict:
            return self.get_job(metadata["namespace"], metadata["name"])

    def delete_job(self, action: DeleteJob) -> Any | None:
        """Delete a Job after its pods; returns the terminating Job, None if it is gone."""
        job = action.job
        options = {"propagationPolicy": "Foreground", "preconditions": {"uid": job.uid}}
        try:
            return self.request("DELETE", _job_path(job), options)
        except (NotFound, Conflict):
            self._expect_gone(job)
            return None

    def patch_job(self, action: PatchJob) -> Any | None:
        """Patch suspend and parallelism of a Job; returns the changed Job, None if it is gone."""
        changes = {"suspend": action.suspend, "parallelism": action.parallelism}
        spec = {name: value for name, value in changes.items() if value is not None}
        # With another uid, Kubernetes refuses to patch a later Job of the same name.
        body = {"metadata": {"uid": action.job.uid}, "spec": spec}
        try:
            return self.merge(_job_path(action.job), body)
        except (NotFound, Conflict):
            self._expect_gone(action.job)
            return None

    def _expect_gone(self, job: ObservedJob) -> None:
        """Check that a Job is gone: a conflict may also be a concurrent change.

        Raises:
            Conflict: it exists; reconcile again.
        """
        try:
            found = self.get_job(job.namespace, job.name)
        except NotFound:
            return
        if found["metadata"]["uid"] == job.uid:
            raise Conflict(_job_path(job), 409, "it was changed concurrently")

    def set_finalizers(self, season: Season, action: SetFinalizers) -> Any:
        """Replace a Season's finalizers, unless it changed since it was read."""
        metadata = {
            "finalizers": list(action.finalizers),
            "resourceVersion": season.metadata.resource_version,
        }
        return self.merge(_season_path(season), {"metadata": metadata})

    def set_status(self, season: Season, status: Status) -> Any:
        """Write a Season's status, unless it changed since it was read.

        Raises:
            Conflict: it changed since; reconcile again.
        """
        version = season.metadata.resource_version
        change = [
            {"op": "replace", "path": "/metadata/resourceVersion", "value": version},
            # As a whole: a merge patch would keep fields that are gone.
            {"op": "add", "path": "/status", "value": status.as_json()},
        ]
        path = f"{_season_path(season)}/status"
        return self.request("PATCH", path, change, content_type=_JSON_PATCH)

    def post_event(self, season: Season, event: Event, component: str, now: str) -> None:
        """Create an event, which `kubectl describe` shows."""
        metadata = season.metadata
        body = {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"generateName": f"{metadata.name}.", "namespace": metadata.namespace},
            "involvedObject": {
                "apiVersion": names.API_VERSION,
                "kind": names.KIND,
                "namespace": metadata.namespace,
                "name": metadata.name,
                "uid": metadata.uid,
            },
            "type": event.kind,
            "reason": event.reason,
            "message": event.message[:1000],
            "firstTimestamp": now,
            "lastTimestamp": now,
            "count": 1,
            "source": {"component": component},
            "reportingComponent": component,
        }
        self.request("POST", f"/api/v1{_in(metadata.namespace)}/events", body)


def _in(namespace: str | None) -> str:
    return f"/namespaces/{namespace}" if namespace else ""


def _job_path(job: ObservedJob) -> str:
    return f"/apis/batch/v1{_in(job.namespace)}/jobs/{job.name}"


def _season_path(season: Season) -> str:
    metadata = season.metadata
    return f"{_SEASONS}{_in(metadata.namespace)}/{names.PLURAL}/{metadata.name}"


def _kind(path: str) -> str:
    for kind in (names.PLURAL, "jobs", "pods", "events", "leases", "deployments"):
        if f"/{kind}" in path:
            return kind
    return "namespaces"


def _first_line(error: Exception) -> str:
    text = str(error) or type(error).__name__
    return text.splitlines()[0][:300]


def _refused(what: str, code: int, text: bytes) -> KubernetesFailed:
    try:
        answer = json.loads(text)
        detail = str(answer.get("message", ""))
        causes = (answer.get("details") or {}).get("causes") or ()
    except ValueError:
        detail, causes = text.decode(errors="replace")[:300], ()
    kind: type[KubernetesFailed] = KubernetesFailed
    if any(cause.get("reason") == "NamespaceTerminating" for cause in causes):
        kind = NamespaceTerminating
    elif code == 404:
        kind = NotFound
    elif code == 409:
        kind = Conflict
    elif code in (400, 403, 422):
        kind = Refused
    return kind(what, code, f"{code}: {detail}")
