"""The operator, or the whole namespace, goes while Seasons are at work: nothing is left hanging."""

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
    """A release with two Seasons in the middle, one of them to be purged."""
    charts.install(helm, outside)
    outside.control({"faults": {"outage": "slow", "slow_s": 0.5}})
    seasons = [Season(kubectl, 2022), Season(kubectl, 2023, deletionPolicy="Purge")]
    for season in seasons:
        season.apply()
    eventually("both fetch", lambda: all(map(fetches, seasons)), timeout=300)
    return seasons


def test_uninstalled_first(at_work: list[Season], helm: Helm, kubectl: Kubectl) -> None:
    """Nothing runs on without its release, and Seasons can be deleted with no operator there."""
    helm.uninstall(charts.RELEASE)
    eventually("their pods end", lambda: not any(map(fetches, at_work)), timeout=120)
    for season in at_work:
        assert season.body["metadata"].get("finalizers", []) == []
        season.delete(timeout=60)
        assert season.gone
    eventually("no Job, no pod", lambda: not any(one.jobs() or one.pods() for one in at_work))


def test_the_namespace_is_deleted(at_work: list[Season], kubectl: Kubectl) -> None:
    kubectl.delete("namespace", kubectl.namespace, timeout=300)
    with pytest.raises(KubectlFailed, match="not found"):
        kubectl.get("namespace", kubectl.namespace)
