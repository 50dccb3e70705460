"""The operator or the namespace is deleted while Seasons are in progress: nothing blocks."""

import pytest

from f1_devkit.cluster import charts
from f1_devkit.cluster.outside import Outside
from f1_devkit.cluster.seasons import Season
from f1_devkit.kubernetes.helm import Helm
from f1_devkit.kubernetes.kubectl import Kubectl, KubectlFailed, eventually


def fetches(season: Season) -> bool:
    return bool(season.pods("backfill", "Running"))


@pytest.fixture
def at_work(helm: Helm, outside: Outside, kubectl: Kubectl) -> list[Season]:
    """A release with two Seasons in progress, one of them with the policy Purge."""
    charts.install(helm, outside)
    outside.control({"faults": {"outage": "slow", "slow_s": 0.5}})
    seasons = [Season(kubectl, 2022), Season(kubectl, 2023, deletionPolicy="Purge")]
    for season in seasons:
        season.apply()
    eventually("both fetch", lambda: all(map(fetches, seasons)), timeout=300)
    return seasons


def test_seasons_can_be_deleted_after_the_release_is_uninstalled(
    at_work: list[Season], helm: Helm, kubectl: Kubectl
) -> None:
    """Their pods end with the release, and Seasons can be deleted without an operator."""
    helm.uninstall(charts.RELEASE)
    eventually("their pods end", lambda: not any(map(fetches, at_work)), timeout=120)
    for season in at_work:
        assert season.body["metadata"].get("finalizers", []) == []
        season.delete(timeout=60)
        assert season.gone
    eventually("no Job, no pod", lambda: not any(one.jobs() or one.pods() for one in at_work))


def test_the_namespace_can_be_deleted_with_seasons_in_progress(
    at_work: list[Season], kubectl: Kubectl
) -> None:
    kubectl.delete("namespace", kubectl.namespace, timeout=300)
    with pytest.raises(KubectlFailed, match="not found"):
        kubectl.get("namespace", kubectl.namespace)
