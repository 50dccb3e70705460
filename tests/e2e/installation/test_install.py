"""`helm install` ends with an API that answers, and `helm uninstall` blocks no deletion."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from functools import partial

import pytest

from f1_devkit.cluster import charts
from f1_devkit.cluster.outside import Outside
from f1_devkit.kubernetes.helm import Helm, HelmFailed
from f1_devkit.kubernetes.kubectl import Kubectl, KubectlFailed, eventually

PURGED = {
    "apiVersion": "f1.telemetry.dev/v1alpha1",
    "kind": "Season",
    "metadata": {"name": "season-2024"},
    "spec": {"year": 2024, "source": "synthetic", "deletionPolicy": "Purge", "suspend": True},
}


@pytest.fixture(scope="module")
def release(helm: Helm, outside: Outside) -> Iterator[Helm]:
    """The new release, whose hook created the schema."""
    charts.install(helm, outside)
    yield helm
    helm.uninstall(charts.RELEASE)


def test_everything_is_ready_under_the_restricted_profile(release: Helm, kubectl: Kubectl) -> None:
    """`helm --wait` has waited for it; the hook and its objects are deleted."""
    names = {one["metadata"]["name"] for one in kubectl.list("deployments")}
    assert names == {"f1-api", "f1-worker", "f1-operator"}
    assert kubectl.list("jobs") == []
    assert [one for one in kubectl.list("secrets") if "migration" in one["metadata"]["name"]] == []


def test_helm_test_passes(release: Helm) -> None:
    assert "Succeeded" in release("test", charts.RELEASE, "--timeout", "120s")


def test_an_api_key_is_created_and_required(release: Helm, kubectl: Kubectl) -> None:
    """As described in the notes of the installation."""
    command = ("f1-api", "keys", "create", "somebody")
    made = kubectl.execute("deployment/f1-api", *command)
    key = next(word for word in made.split() if word.startswith("f1_"))
    with kubectl.port_forward("service/f1-api", 80) as address:
        assert _status(address, "/seasons", {}) == 401
        eventually(
            "the key is known", lambda: _status(address, "/seasons", {"X-API-Key": key}) == 200
        )


def test_a_second_identical_upgrade_changes_nothing(
    release: Helm, outside: Outside, kubectl: Kubectl
) -> None:
    before = _pods(kubectl)
    charts.install(release, outside)
    assert _pods(kubectl) == before


def test_a_failed_migration_is_explained_and_changes_nothing(
    release: Helm, outside: Outside, kubectl: Kubectl
) -> None:
    before = _pods(kubectl)
    values = {
        "database": {"programs": {"migration": {"url": outside.database_url + "_missing"}}},
        "migration": {"backoffLimit": 0, "settings": {"F1_MIGRATE_PATIENCE_S": 0}},
    }
    with pytest.raises(HelmFailed) as failed:
        charts.install(release, outside, values, wait_s=60)
    assert "f1-migrate: the database failed" in failed.value.error
    assert "does not exist" in failed.value.error
    assert _pods(kubectl) == before
    release("rollback", charts.RELEASE, "--wait", "--timeout", "120s")


def test_seasons_can_be_deleted_after_uninstalling(
    helm: Helm, outside: Outside, kubectl: Kubectl
) -> None:
    """Also those with the policy Purge; and the namespace can be deleted."""
    charts.install(helm, outside)
    kubectl.apply(PURGED)
    eventually("the operator holds it", lambda: _finalizers(kubectl))

    helm.uninstall(charts.RELEASE)

    assert _finalizers(kubectl) == []
    for kind in ("deployments", "jobs", "cronjobs", "services", "networkpolicies", "roles"):
        eventually(f"no {kind} are left", partial(_none, kubectl, kind))
    kubectl.delete("season", "season-2024", timeout=20)
    with pytest.raises(KubectlFailed, match="not found"):
        kubectl.get("season", "season-2024")


def _pods(kubectl: Kubectl) -> set[str]:
    """Pods of the Deployments: pods of a hook may still terminate."""
    programs = "app.kubernetes.io/component in (api, worker, operator)"
    return {one["metadata"]["uid"] for one in kubectl.list("pods", programs)}


def _none(kubectl: Kubectl, kind: str) -> bool:
    return kubectl.list(kind) == []


def _finalizers(kubectl: Kubectl) -> list[str]:
    found: list[str] = kubectl.get("season", "season-2024")["metadata"].get("finalizers", [])
    return found


def _status(address: str, path: str, headers: dict[str, str]) -> int:
    request = urllib.request.Request(f"http://{address}{path}", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            json.load(answer)
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
