"""Services outside of the chart on the test cluster: Postgres, S3 and the source, as pods."""

import contextlib
import json
import urllib.request
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import sqlalchemy as sa
from pydantic import SecretStr

from f1_core.store.rawstore import RawStore, StoreSettings
from f1_devkit.kubernetes import programs
from f1_devkit.kubernetes.kubectl import Kubectl
from f1_devkit.servers.jolpica.log import Request

_PASSWORD = "only-for-tests"  # noqa: S105
_ACCESS_KEY = "f1"
BUCKET = "f1-raw"


class Outside:
    """Postgres, S3 and the stand-in source in their own namespace (tests/e2e/outside).

    outside = Outside(cluster.kubectl("outside"))
    outside.start()
    outside.settings()                          # for programs in the cluster
    outside.control({"faults": {"rates": {"504": 0.1}}})
    with outside.engine() as engine: ...        # for the test
    """

    def __init__(self, kubectl: Kubectl) -> None:
        """Prepare; nothing is started yet. The namespace must exist."""
        self.kubectl = kubectl
        self._manifests = programs.checkout() / "tests" / "e2e" / "outside"

    @property
    def namespace(self) -> str:
        """The name of the namespace."""
        return self.kubectl.namespace

    def start(self, timeout: float = 120) -> None:
        """Start all of it, wait until it responds, and create the bucket.

        Raises:
            KubectlFailed: it is not ready within `timeout` seconds.
        """
        self.kubectl.apply(self._manifests)
        for workload in ("statefulset/postgres", "statefulset/s3", "deployment/jolpica"):
            wait = ("rollout", "status", workload, f"--timeout={timeout:g}s")
            self.kubectl(*wait, timeout=timeout + 10)
        with self.store() as store:
            store.create()

    def settings(self) -> dict[str, str]:
        """The settings of programs in the cluster, as environment variables."""
        return {
            "F1_DATABASE_URL": self.database_url,
            "F1_S3_BUCKET": BUCKET,
            "F1_S3_ENDPOINT": f"http://{self.host('s3')}:7070",
            "F1_S3_ACCESS_KEY_ID": _ACCESS_KEY,
            "F1_S3_SECRET_ACCESS_KEY": _PASSWORD,
            "F1_SYNTHETIC_URL": f"http://{self.host('jolpica')}:8080/ergast/f1",
        }

    @property
    def database_url(self) -> str:
        """The URL of the database, for programs in the cluster."""
        return f"postgresql://postgres:{_PASSWORD}@{self.host('postgres')}:5432/f1"

    def host(self, service: str) -> str:
        """The name of a service, for programs in other namespaces."""
        return f"{service}.{self.namespace}.svc.cluster.local"

    @contextlib.contextmanager
    def engine(self) -> Iterator[sa.Engine]:
        """An engine for the test, until the Postgres pod ends."""
        with self.kubectl.port_forward("service/postgres", 5432) as address:
            engine = sa.create_engine(
                f"postgresql+psycopg2://postgres:{_PASSWORD}@{address}/f1",
                poolclass=sa.pool.NullPool,
            )
            yield engine

    @contextlib.contextmanager
    def store(self) -> Iterator[RawStore]:
        """The raw store, for the test."""
        with self.kubectl.port_forward("service/s3", 7070) as address:
            settings = StoreSettings(
                bucket=BUCKET,
                endpoint=f"http://{address}",
                access_key_id=_ACCESS_KEY,
                secret_access_key=SecretStr(_PASSWORD),
            )
            with RawStore(settings) as store:
                yield store

    def control(self, change: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Send the source a change (f1_devkit.servers.jolpica.control); return its state."""
        if change is not None:
            self._source("/control", json.dumps(change).encode())
        state: dict[str, Any] = self._source("/control")
        return state

    def requests(self) -> list[dict[str, Any]]:
        """All requests to the source."""
        found: list[dict[str, Any]] = self._source("/control/log")
        return found

    def requests_for(self, year: int) -> list[str]:
        """The requested URLs of a season, as path and query."""
        urls = (msgspec.convert(one, Request).url for one in self.requests())
        return [url for url in urls if url.startswith(f"/ergast/f1/{year}/")]

    def _source(self, path: str, body: bytes | None = None) -> Any:
        with self.kubectl.port_forward("service/jolpica", 8080) as address:
            url = f"http://{address}{path}"
            with urllib.request.urlopen(url, data=body, timeout=30) as answer:
                return json.loads(answer.read() or b"null")
