"""The cluster, fresh namespaces, and the state of the cluster after a failed test.

=============== ========= =========================================================================
`cluster`       session   the kind cluster, up, with this checkout's images on its node
`namespace`     module    a fresh namespace under the restricted profile, named after the file
`kubectl`       module    kubectl in it
`beside`        module    makes more namespaces, named after it
`helm`          module    helm in it
`outside`       module    Postgres, S3 and the source, in a separate namespace beside it
`undisturbed`   session   the same seasons without faults, for comparison
`comparison`    module    compares this file's Seasons with those: exact rows, nothing fetched again
=============== ========= =========================================================================

With F1_E2E_KEEP set, namespaces are kept after the tests for inspection.
"""

import contextlib
import fcntl
import os
import re
import uuid
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest

from f1_devkit.cluster import diagnostics
from f1_devkit.cluster.comparison import Comparison
from f1_devkit.cluster.kind import Cluster
from f1_devkit.cluster.outside import Outside
from f1_devkit.kubernetes.helm import Helm
from f1_devkit.kubernetes.kubectl import Kubectl
from f1_devkit.programs.undisturbed import Undisturbed
from f1_devkit.servers.postgres import Postgres
from f1_devkit.servers.s3 import S3

_live: dict[str, Kubectl] = {}

# They need ten minutes each, and start first, so that no process is left alone with one at the end.
_LONGEST = (
    "test_upgrade.py",
    "test_lifecycle.py",
    "test_kills.py",
    "test_seasons.py",
    "test_cuts.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the longest files first."""
    order = {name: place for place, name in enumerate(_LONGEST)}
    items.sort(key=lambda item: order.get(item.path.name, len(order)))


@pytest.fixture(scope="session")
def cluster(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Cluster:
    """The cluster; a running one is used unchanged, and kept at the end (`make cluster-down`)."""
    cluster = Cluster()
    capture = pytestconfig.pluginmanager.getplugin("capturemanager")
    # The first time takes minutes: show the progress.
    with _for_all_workers(tmp_path_factory) as is_first, capture.global_and_fixture_disabled():
        if is_first:
            cluster.up()
            cluster.make("images")
            cluster.load(*cluster.images())
    return cluster


@contextlib.contextmanager
def _for_all_workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[bool]:
    """Whether this worker of pytest-xdist must do the work; one worker does it for all."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        yield True
        return
    done = tmp_path_factory.getbasetemp().parent / "cluster"
    with done.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield not done.exists()
        done.touch()


@contextlib.contextmanager
def fresh_namespace(cluster: Cluster, name: str, profile: str) -> Iterator[Kubectl]:
    """A new namespace with an enforced pod security profile; deleted at the end."""
    kubectl = cluster.kubectl(name)
    labels = {"pod-security.kubernetes.io/enforce": profile}
    metadata = {"name": name, "labels": labels}
    kubectl.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
    _live[name] = kubectl
    yield kubectl
    del _live[name]
    if not os.environ.get("F1_E2E_KEEP"):
        # Deleted in the background: no test waits for it.
        kubectl.delete("namespace", name, wait=False)


@pytest.fixture(scope="module")
def namespace(cluster: Cluster, request: pytest.FixtureRequest) -> Iterator[str]:
    """The namespace of this file's tests."""
    name = re.sub(r"[^a-z0-9]+", "-", Path(request.path).stem.removeprefix("test_"))
    with fresh_namespace(cluster, f"{name}-{uuid.uuid4().hex[:5]}", "restricted") as kubectl:
        yield kubectl.namespace


@pytest.fixture(scope="module")
def beside(cluster: Cluster, namespace: str) -> Iterator[Callable[[str, str], Kubectl]]:
    """Makes more namespaces for this file: `beside("outside", "baseline")`, with its profile."""
    with contextlib.ExitStack() as stack:

        def make(name: str, profile: str) -> Kubectl:
            return stack.enter_context(fresh_namespace(cluster, f"{namespace}-{name}", profile))

        yield make


@pytest.fixture(scope="module")
def kubectl(cluster: Cluster, namespace: str) -> Kubectl:
    """kubectl with all rights in this file's namespace."""
    return cluster.kubectl(namespace)


@pytest.fixture(scope="module")
def helm(cluster: Cluster, namespace: str) -> Helm:
    """helm in this file's namespace."""
    return cluster.helm(namespace)


@pytest.fixture(scope="module")
def outside(beside: Callable[[str, str], Kubectl]) -> Outside:
    """Postgres, S3 and the source for this file's tests."""
    outside = Outside(beside("outside", "baseline"))
    outside.start()
    return outside


@pytest.fixture(scope="session")
def undisturbed(postgres: Postgres, template_database: str, s3: S3) -> Undisturbed:
    """The results of seasons on the loopback address, without faults."""
    return Undisturbed(postgres, template_database, s3)


@pytest.fixture(scope="module")
def comparison(outside: Outside, undisturbed: Undisturbed) -> Comparison:
    """Compares this file's Seasons with those."""
    return Comparison(outside, undisturbed)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the state of the file's namespaces to the report of a failure."""
    report = yield
    if report.failed and _live:
        found = (diagnostics.report(kubectl) for kubectl in _live.values())
        report.sections.append(("The cluster when it failed", "\n\n".join(found)))
    return report
