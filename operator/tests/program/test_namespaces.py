"""One operator for several namespaces: it watches these and no other, and a year has one owner."""

from collections.abc import Callable
from pathlib import Path

from seasons.cluster import SeasonCluster

from f1_devkit.kubernetes.kubectl import Kubectl


def test_seasons_of_each_namespace_are_fetched_and_a_year_has_one_owner_in_all_of_them(
    new_cluster: Callable[..., SeasonCluster], kubectl: Kubectl, tmp_path: Path
) -> None:
    second_name, strange_name = (f"{kubectl.namespace}-{end}" for end in ("second", "strange"))
    for name in (second_name, strange_name):
        kubectl("create", "namespace", name)
    first = new_cluster(F1_OPERATOR_NAMESPACES=f"{kubectl.namespace},{second_name}")

    def beside(namespace: str) -> SeasonCluster:
        """Another namespace of the same operator, whose pods write to the same ledger."""
        return SeasonCluster(kubectl.kubeconfig, namespace, tmp_path, api=first.api)

    with beside(second_name) as second, beside(strange_name) as strange:
        strange.apply("unseen", year=2003)
        first.apply("early", year=2001)
        second.apply("early", year=2002)
        first.operator.start()
        first.until_phase("Ready", "early")
        second.until_phase("Ready", "early")

        first.apply("late", year=2004)
        second.apply("rival", year=2001)
        first.until_phase("Ready", "late")
        second.until(lambda: second.condition("Stalled", "rival").get("reason") == "YearTaken")
        assert f"Season {first.namespace}/early" in second.condition("Ready", "rival")["message"]

        first.delete("early")
        second.until_phase("Ready", "rival")
        assert {job.namespace for job in first.jobs()} == {first.namespace}
        assert {job.season_key for job in second.jobs()} == {
            f"{second_name}/early",
            f"{second_name}/rival",
        }
        assert (strange.status("unseen"), strange.jobs()) == ({}, [])
