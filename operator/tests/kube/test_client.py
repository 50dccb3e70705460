"""Requests to Kubernetes, and the handling of each kind of response."""

import json
from typing import Any

import pytest
from prometheus_client import REGISTRY
from seasons.world import World
from urllib3.exceptions import HTTPError

from f1_operator import names
from f1_operator.jobs.observed import ObservedJob
from f1_operator.kube.actions import CreateJob, DeleteJob, PatchJob, SetFinalizers
from f1_operator.kube.client import (
    Conflict,
    Kubernetes,
    KubernetesFailed,
    NamespaceTerminating,
    NotFound,
    Refused,
)
from f1_operator.season.events import Event

JOBS = "/apis/batch/v1/namespaces/f1/jobs"
SEASONS = "/apis/f1.telemetry.dev/v1alpha1/namespaces/f1/seasons"


class Responses:
    """A connection that returns prepared responses in turn, and records the requests."""

    def __init__(self, *responses: tuple[int, Any] | Exception) -> None:
        self._responses = list(responses)
        self.sent: list[tuple[str, str, Any]] = []
        self.last: dict[str, Any] = {}

    def request(self, verb: str, path: str, **more: Any) -> tuple[int, bytes]:
        body = more["body"]
        self.sent.append((verb, path, None if body is None else json.loads(body)))
        self.last = more
        response = self._responses.pop(0)
        if isinstance(response, Exception):
            raise response
        code, found = response
        return code, found if isinstance(found, bytes) else json.dumps(found).encode()


def responding(*responses: tuple[int, Any] | Exception) -> tuple[Kubernetes, Responses]:
    connection = Responses(*responses)
    return Kubernetes(connection, 30.0), connection  # type: ignore[arg-type]


def job() -> ObservedJob:
    """A plan Job, as Kubernetes has it."""
    world = World()
    world.reconcile()
    return world.observed_job("plan")


def a_job(uid: str) -> dict[str, Any]:
    return {"metadata": {"name": "a", "uid": uid}}


TERMINATING = {"causes": [{"reason": "NamespaceTerminating"}]}


@pytest.mark.parametrize(
    ("code", "details", "kind"),
    [
        (400, {}, Refused),
        (403, {}, Refused),
        (422, {}, Refused),
        (403, TERMINATING, NamespaceTerminating),
        (403, {"causes": [{"reason": "FieldValueInvalid"}]}, Refused),
        (404, {}, NotFound),
        (409, {}, Conflict),
        (401, {}, KubernetesFailed),
        (429, {}, KubernetesFailed),
        (500, {}, KubernetesFailed),
    ],
)
def test_an_error_has_a_type_and_the_message_of_kubernetes(
    code: int, details: Any, kind: type[KubernetesFailed]
) -> None:
    kubernetes, _ = responding((code, {"message": "no quota is left", "details": details}))
    with pytest.raises(KubernetesFailed) as failed:
        kubernetes.request("POST", JOBS, {})
    assert type(failed.value) is kind
    assert str(failed.value) == f"POST {JOBS}: {code}: no quota is left"
    assert failed.value.status == code


def test_an_error_of_a_proxy_is_shortened() -> None:
    kubernetes, _ = responding((502, b"<html>" + b"x" * 5000))
    with pytest.raises(KubernetesFailed) as failed:
        kubernetes.request("GET", JOBS)
    assert str(failed.value).endswith("502: <html>" + "x" * 294)


@pytest.mark.parametrize("error", [HTTPError("timed out\nafter a while"), OSError("no token")])
def test_a_missing_response_is_a_failed_request_that_is_counted(error: Exception) -> None:
    def counted() -> float:
        labels = {"verb": "GET", "resource": "jobs", "code": "0"}
        return REGISTRY.get_sample_value("f1_operator_kubernetes_requests_total", labels) or 0

    before = counted()
    kubernetes, _ = responding(error)
    with pytest.raises(KubernetesFailed) as failed:
        kubernetes.request("GET", JOBS)
    assert str(failed.value) == f"GET {JOBS}: {str(error).splitlines()[0]}"
    assert failed.value.status == 0
    assert counted() == before + 1


def test_a_response_without_a_body_is_empty() -> None:
    kubernetes, _ = responding((200, b""))
    assert kubernetes.request("DELETE", JOBS) == {}


@pytest.mark.parametrize(("timeout_s", "both"), [(30.0, (5.0, 30.0)), (2.0, (2.0, 2.0))])
def test_a_request_has_a_time_out_to_connect_and_one_to_read(
    timeout_s: float, both: tuple[float, float]
) -> None:
    connection = Responses((200, {}))
    Kubernetes(connection, timeout_s).request("GET", JOBS)  # type: ignore[arg-type]
    assert connection.last["timeout_s"] == both


def test_lists_are_of_one_namespace_or_of_all_and_jobs_are_the_operators() -> None:
    listed = {"items": [{"a": 1}], "metadata": {"resourceVersion": "7"}}
    kubernetes, connection = responding(*[(200, listed)] * 4)
    assert kubernetes.list_seasons("f1") == kubernetes.list_jobs("f1") == ([{"a": 1}], 7)
    assert connection.last["query"] == {"labelSelector": names.MANAGED}
    kubernetes.list_seasons(None)
    assert kubernetes.pods_of("f1", "job=a") == [{"a": 1}]
    assert connection.last["query"] == {"labelSelector": "job=a"}
    assert [path for _, path, _ in connection.sent] == [
        SEASONS,
        JOBS,
        SEASONS.replace("/namespaces/f1", ""),
        "/api/v1/namespaces/f1/pods",
    ]


@pytest.mark.parametrize("ending", [False, True])
def test_a_namespace_with_a_time_of_deletion_is_terminating(*, ending: bool) -> None:
    metadata = {"deletionTimestamp": "2030-01-01T00:00:00Z"} if ending else {}
    kubernetes, connection = responding((200, {"metadata": metadata}))
    assert kubernetes.is_terminating("f1") is ending
    assert connection.sent == [("GET", "/api/v1/namespaces/f1", None)]


@pytest.mark.parametrize(
    ("path", "resource"),
    [
        (f"{SEASONS}/season-2024/status", "seasons"),
        (JOBS, "jobs"),
        ("/api/v1/namespaces/f1/pods", "pods"),
        ("/api/v1/namespaces/f1", "namespaces"),
    ],
)
def test_a_request_is_counted_by_its_resource_and_status(path: str, resource: str) -> None:
    def counted() -> float:
        labels = {"verb": "PUT", "resource": resource, "code": "201"}
        return REGISTRY.get_sample_value("f1_operator_kubernetes_requests_total", labels) or 0

    before = counted()
    kubernetes, _ = responding((201, {}))
    kubernetes.request("PUT", path, {})
    assert counted() == before + 1


def test_a_season_is_read_at_its_path() -> None:
    kubernetes, connection = responding((200, {"kind": "Season"}))
    assert kubernetes.get_season(World().season) == {"kind": "Season"}
    assert connection.sent == [("GET", f"{SEASONS}/season-2024", None)]


def test_a_job_that_exists_is_read_instead_of_created() -> None:
    manifest = {"metadata": {"namespace": "f1", "name": "a"}}
    kubernetes, connection = responding((201, a_job("new")), (409, {}), (200, a_job("there")))
    assert kubernetes.create_job(CreateJob(manifest)) == a_job("new")
    assert kubernetes.create_job(CreateJob(manifest)) == a_job("there")
    assert connection.sent == [
        ("POST", JOBS, manifest),
        ("POST", JOBS, manifest),
        ("GET", f"{JOBS}/a", None),
    ]


class TestJobChanges:
    """A Job that was deleted, or replaced by another with its name, needs no change."""

    def test_a_deletion_is_of_this_job_after_its_pods(self) -> None:
        one = job()
        kubernetes, connection = responding((200, a_job(one.uid)))
        assert kubernetes.delete_job(DeleteJob(one)) == a_job(one.uid)
        options = {"propagationPolicy": "Foreground", "preconditions": {"uid": one.uid}}
        assert connection.sent == [("DELETE", f"{JOBS}/{one.name}", options)]

    def test_a_patch_has_only_what_changes(self) -> None:
        one = job()
        kubernetes, connection = responding(*[(200, a_job(one.uid))] * 2)
        kubernetes.patch_job(PatchJob(one, suspend=False))
        kubernetes.patch_job(PatchJob(one, parallelism=2))
        of_this_job = {"metadata": {"uid": one.uid}}
        path = f"{JOBS}/{one.name}"
        assert connection.sent == [
            ("PATCH", path, {**of_this_job, "spec": {"suspend": False}}),
            ("PATCH", path, {**of_this_job, "spec": {"parallelism": 2}}),
        ]
        assert connection.last["headers"]["Content-Type"] == "application/merge-patch+json"

    @pytest.mark.parametrize("responses", [[(404, {}), (404, {})], [(409, {}), (404, {})]])
    def test_of_a_job_that_is_gone_is_none(self, responses: list[tuple[int, Any]]) -> None:
        for change in ("delete", "patch"):
            assert self._change(change, responses) is None

    def test_of_a_job_replaced_by_another_with_its_name_is_none(self) -> None:
        for change in ("delete", "patch"):
            assert self._change(change, [(409, {}), (200, a_job("of another"))]) is None

    def test_a_concurrent_change_is_a_conflict(self) -> None:
        for change in ("delete", "patch"):
            with pytest.raises(Conflict, match="it was changed concurrently"):
                self._change(change, [(409, {}), (200, a_job(job().uid))])

    @staticmethod
    def _change(change: str, responses: list[tuple[int, Any]]) -> Any:
        kubernetes, _ = responding(*responses)
        if change == "delete":
            return kubernetes.delete_job(DeleteJob(job()))
        return kubernetes.patch_job(PatchJob(job(), suspend=True))


def test_finalizers_are_set_on_the_version_that_was_read() -> None:
    season = World().season
    kubernetes, connection = responding((200, {}))
    kubernetes.set_finalizers(season, SetFinalizers(("others/keep",)))
    metadata = {"finalizers": ["others/keep"], "resourceVersion": "1"}
    assert connection.sent == [("PATCH", f"{SEASONS}/season-2024", {"metadata": metadata})]


def test_a_status_is_written_as_a_whole_on_the_version_that_was_read() -> None:
    world = World()
    world.reconcile()
    kubernetes, connection = responding((200, {}))
    kubernetes.set_status(world.season, world.status)
    [(verb, path, [version, status])] = connection.sent
    assert (verb, path) == ("PATCH", f"{SEASONS}/season-2024/status")
    assert version == {
        "op": "replace",
        "path": "/metadata/resourceVersion",
        "value": world.season.metadata.resource_version,
    }
    assert (status["op"], status["path"]) == ("add", "/status")
    assert status["value"] == json.loads(json.dumps(world.status.as_json()))
    assert connection.last["headers"]["Content-Type"] == "application/json-patch+json"


def test_an_event_is_about_its_season_and_has_a_bounded_message() -> None:
    season = World().season
    kubernetes, connection = responding((201, {}))
    event = Event("Warning", "FetchFailed", "x" * 2000)
    kubernetes.post_event(season, event, "f1-operator", "2030-01-01T00:00:00Z")
    [(verb, path, body)] = connection.sent
    assert (verb, path) == ("POST", "/api/v1/namespaces/f1/events")
    assert body["metadata"] == {"generateName": "season-2024.", "namespace": "f1"}
    assert body["involvedObject"]["uid"] == season.metadata.uid
    assert (body["type"], body["reason"]) == ("Warning", "FetchFailed")
    assert body["message"] == "x" * 1000
    assert body["firstTimestamp"] == body["lastTimestamp"] == "2030-01-01T00:00:00Z"
    assert body["count"] == 1
    assert body["source"]["component"] == body["reportingComponent"] == "f1-operator"
