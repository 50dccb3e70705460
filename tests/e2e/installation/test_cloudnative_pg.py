"""The chart on a Cluster of CloudNativePG, with the values of the documentation.

`make cloudnative-pg` builds the operator and runs these tests; `make e2e` skips them without it.
"""

import base64
import contextlib
import itertools
import json
import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa
import yaml

from f1_devkit.cluster import charts
from f1_devkit.cluster.kind import NODE, Cluster
from f1_devkit.cluster.outside import Outside
from f1_devkit.cluster.seasons import Season
from f1_devkit.kubernetes import programs
from f1_devkit.kubernetes.helm import Helm
from f1_devkit.kubernetes.kubectl import Kubectl, eventually
from f1_devkit.programs.tables import Rows, read_season
from f1_devkit.programs.undisturbed import Undisturbed

pytestmark = pytest.mark.alone
IMAGE = "f1-cloudnative-pg:dev"
ROUNDS = "1-6"
INSTANCES = 2


def _documented(kind: str) -> dict[str, Any]:
    """The YAML block with this top-level key in the documentation about CloudNativePG."""
    text = (programs.checkout() / "docs" / "before-you-install.md").read_text()
    section = text.partition("**CloudNativePG.**")[2].partition("**pgbouncer.**")[0]
    blocks = map(yaml.safe_load, re.findall(r"```yaml\n(.*?)```", section, re.DOTALL))
    found: dict[str, Any] = next(one for one in blocks if kind in one)
    return found


@pytest.fixture(scope="module")
def operator(cluster: Cluster) -> None:
    """CloudNativePG's operator, by its release's manifest in a local image; not removed."""
    try:
        programs.find("cnpg-manager", "make cloudnative-pg")
    except programs.MissingProgram as missing:
        pytest.skip(str(missing))
    cluster.make("cloudnative-pg-image")
    cluster.load(IMAGE)
    release = (cluster.root / ".cache" / "cloudnative-pg" / "release.yaml").read_text()
    # Its limit of a tenth of a processor is too low on a cluster with two.
    manifest = re.sub(r"ghcr\.io/cloudnative-pg/cloudnative-pg:\S+", IMAGE, release)
    kubectl = cluster.kubectl("cnpg-system")
    flags = ("apply", "--server-side", "--force-conflicts", "--filename", "-")
    kubectl(*flags, stdin=manifest.replace("cpu: 100m", 'cpu: "1"', 1), timeout=120)
    status = ("rollout", "status", "deployment/cnpg-controller-manager", "--timeout=180s")
    kubectl(*status, timeout=190)


@pytest.fixture(scope="module")
def volumes(cluster: Cluster, namespace: str) -> Iterator[str]:
    """The storage class of one volume for each instance; the default class ignores fsGroup."""
    kubectl = cluster.kubectl()
    storage_class = {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": namespace},
        "provisioner": "kubernetes.io/no-provisioner",
        "volumeBindingMode": "WaitForFirstConsumer",
    }
    names = [f"{namespace}-{number}" for number in range(INSTANCES)]
    folders = [f"/var/local/{name}" for name in names]
    cluster.on_node("mkdir", "-p", *folders)
    kubectl.apply(storage_class, *map(_volume, names, folders, itertools.repeat(namespace)))
    yield namespace
    kubectl.delete("persistentvolume", *names, wait=False)
    kubectl.delete("storageclass", namespace)


def _volume(name: str, folder: str, storage_class: str) -> dict[str, Any]:
    expression = {"key": "kubernetes.io/hostname", "operator": "In", "values": [NODE]}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name},
        "spec": {
            "storageClassName": storage_class,
            "capacity": {"storage": "1Gi"},
            "accessModes": ["ReadWriteOnce"],
            "local": {"path": folder},
            "nodeAffinity": {
                "required": {"nodeSelectorTerms": [{"matchExpressions": [expression]}]}
            },
        },
    }


@pytest.fixture(scope="module")
def databases(operator: None, volumes: str, beside: Callable[[str, str], Kubectl]) -> Kubectl:
    """A namespace with the documentation's Cluster of two ready instances."""
    kubectl = beside("databases", "restricted")
    catalog = {
        "apiVersion": "postgresql.cnpg.io/v1",
        "kind": "ImageCatalog",
        "metadata": {"name": "tests"},
        # Debian 12 has Postgres 15.
        "spec": {"images": [{"major": 15, "image": IMAGE}]},
    }
    cluster = _documented("kind")
    del cluster["metadata"]["namespace"]
    cluster["spec"] |= {
        "instances": INSTANCES,
        "storage": {"size": "1Gi", "storageClass": volumes},
        "imageCatalogRef": {
            "apiGroup": "postgresql.cnpg.io",
            "kind": "ImageCatalog",
            "name": "tests",
            "major": 15,
        },
    }
    both = json.dumps({"apiVersion": "v1", "kind": "List", "items": [catalog, cluster]})
    apply = partial(kubectl, "apply", "--filename", "-", stdin=both)
    eventually("the operator's webhook accepts them", apply)
    ready = ("wait", "--for=condition=Ready", "cluster/postgres", "--timeout=300s")
    kubectl(*ready, timeout=310)
    return kubectl


@pytest.fixture(scope="module")
def release(databases: Kubectl, kubectl: Kubectl, helm: Helm, outside: Outside) -> Iterator[Helm]:
    """The release with the documentation's values; its Secrets are copied as documented."""
    app = databases.get("secret", "postgres-app")["data"]
    authority = databases.get("secret", "postgres-ca")["data"]["ca.crt"]
    kubectl.apply(
        _secret("postgres-app", {"uri": app["uri"]}), _secret("postgres-ca", {"ca.crt": authority})
    )
    text = json.dumps(_documented("database"))
    values = json.loads(text.replace('"databases"', json.dumps(databases.namespace)))
    settings = charts.values_of(outside)
    del settings["database"]
    charts.install(helm, outside, charts.merged(values, {"database": {"url": ""}}))
    yield helm
    helm.uninstall(charts.RELEASE)


def test_a_season_has_every_row_after_the_primary_is_replaced(
    release: Helm, databases: Kubectl, kubectl: Kubectl, undisturbed: Undisturbed
) -> None:
    season = Season(kubectl, 2024, rounds=ROUNDS)
    season.apply()
    season.until_progress(1)

    before = _primary(databases)
    databases.delete("pod", before, wait=False)
    eventually("another primary", lambda: _primary(databases) != before, timeout=180)

    season.until_ready()
    expected = undisturbed.outcome(season.year, season.rounds).rows
    assert expected["lap_times"]
    assert _rows(databases, season.year) == expected


def test_every_connection_is_encrypted(release: Helm, databases: Kubectl) -> None:
    """The Secret's URL has no sslmode: with caBundle the programs choose verify-full."""
    with _engine(databases) as engine, engine.connect() as connection:
        encrypted = connection.execute(_CONNECTIONS).all()
    assert {name for name, _ in encrypted} >= {"f1-api", "f1-worker"}
    assert all(ssl for _, ssl in encrypted)


_CONNECTIONS = sa.text(
    """
    SELECT application_name, ssl FROM pg_stat_activity JOIN pg_stat_ssl USING (pid)
     WHERE datname = 'f1' AND application_name LIKE 'f1-%'
    """
)


def _primary(databases: Kubectl) -> str:
    name: str = databases.get("cluster", "postgres")["status"]["currentPrimary"]
    pod = databases.get("pod", name)
    role = pod["metadata"]["labels"].get("cnpg.io/instanceRole")
    return name if role == "primary" else ""


@contextlib.contextmanager
def _engine(databases: Kubectl) -> Iterator[sa.Engine]:
    secret = databases.get("secret", "postgres-app")["data"]
    password = base64.b64decode(secret["password"]).decode()
    with databases.port_forward("service/postgres-rw", 5432) as address:
        url = f"postgresql+psycopg2://f1:{password}@{address}/f1"
        yield sa.create_engine(url, poolclass=sa.pool.NullPool)


def _rows(databases: Kubectl, year: int) -> dict[str, Rows]:
    with _engine(databases) as engine:
        return read_season(engine, year)


def _secret(name: str, data: dict[str, str]) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "data": data}
