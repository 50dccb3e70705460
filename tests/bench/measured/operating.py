"""The operator with many Seasons at a real kube-apiserver."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from seasons.cluster import SeasonCluster

from f1_devkit.kubernetes.apiserver import ApiServer
from measured.resident import Memory, of_process

CRD = Path(__file__).parents[3] / "operator" / "crd" / "season.yaml"
_NAMESPACE = "bench"
_ROUNDS = 24
_TIMEOUT_S = 1800


def operating(folder: Path, years: Sequence[int]) -> Iterator[tuple[str, str, Memory]]:
    """One Season for each year, all applied at once, until all are Ready and reconciled again.

    Raises:
        MissingProgram: etcd or kube-apiserver is not built; the message says how to build it.
    """
    with ApiServer(folder / "apiserver") as server:
        kubectl = server.kubectl()
        kubectl.apply(CRD)
        kubectl("wait", "--for=condition=Established", "crd/seasons.f1.telemetry.dev")
        kubectl("create", "namespace", _NAMESPACE)
        with SeasonCluster(
            server.kubeconfig,
            _NAMESPACE,
            folder,
            rounds=_ROUNDS,
            real=True,
            F1_OPERATOR_RESYNC_S=10,
        ) as cluster:
            cluster.operator.start()
            names = [f"season-{year}" for year in years]
            for name, year in zip(names, years, strict=True):
                cluster.apply(name, year=year)

            def ready() -> bool:
                return cluster.operator.metric("f1_operator_seasons", phase="Ready") == len(names)

            cluster.until(lambda: cluster.operator.ready and ready(), _TIMEOUT_S)
            yield "operator", f"{len(names)} Seasons at once", of_process(cluster.operator.pid)
