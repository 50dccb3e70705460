"""A real Prometheus that scrapes programs as a PodMonitor would, and evaluates rules."""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Self

import httpx
import yaml

from f1_devkit.servers.child import Child
from f1_devkit.servers.ports import LOOPBACK, free_port


class Pod(NamedTuple):
    """A program's port for metrics, and the labels that its PodMonitor adds."""

    component: str
    job: str
    namespace: str
    port: int

    @property
    def labels(self) -> dict[str, str]:
        """The labels that prometheus-operator generates for a PodMonitor."""
        return {
            "job": self.job,
            "namespace": self.namespace,
            "pod": f"{self.job.rpartition('/')[2]}-6d5f7c9b8-x2x4v",
            "container": self.component,
            "endpoint": "metrics",
        }


class Prometheus:
    """The server, with an interval of a second for scrapes and rules."""

    def __init__(
        self,
        program: Path,
        folder: Path,
        pods: Sequence[Pod],
        groups: Sequence[Mapping[str, Any]],
        *,
        honor_labels: bool,
    ) -> None:
        """Prepare it.

        Args:
            groups: of rules.
            honor_labels: a program's label takes precedence over the same label of its pod;
                otherwise it becomes exported_....
        """
        folder.mkdir(parents=True, exist_ok=True)
        port = free_port()
        rules = folder / "rules.yaml"
        rules.write_text(yaml.safe_dump({"groups": [{**one, "interval": "1s"} for one in groups]}))
        targets = [{"targets": [f"{LOOPBACK}:{pod.port}"], "labels": pod.labels} for pod in pods]
        configuration = {
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": [str(rules)],
            "scrape_configs": [
                {"job_name": "pods", "honor_labels": honor_labels, "static_configs": targets}
            ],
        }
        (folder / "prometheus.yaml").write_text(yaml.safe_dump(configuration))
        self._server = Child(
            "prometheus",
            [
                program,
                f"--config.file={folder / 'prometheus.yaml'}",
                f"--storage.tsdb.path={folder / 'data'}",
                f"--web.listen-address={LOOPBACK}:{port}",
                "--log.level=warn",
            ],
            directory=folder,
        )
        self._client = httpx.Client(base_url=f"http://{LOOPBACK}:{port}", timeout=60)

    def __enter__(self) -> Self:
        self._server.start()
        self.until(lambda: self._client.get("/-/ready").status_code == 200)
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()
        self._server.stop()

    def query(self, expr: str) -> list[dict[str, Any]]:
        """Series with their newest values: `metric` and `value`.

        Raises:
            ValueError: Prometheus refused it.
        """
        return list(self._get("/query", query=expr)["result"])

    def value(self, expr: str) -> float | None:
        """The value of the only series; None if there is none."""
        found = self.query(expr)
        return float(found[0]["value"][1]) if found else None

    def query_range(self, expr: str, start: float, end: float, step: float) -> list[dict[str, Any]]:
        """Series with their values over time: `metric` and `values`.

        Raises:
            ValueError: Prometheus refused it.
        """
        return list(
            self._get("/query_range", query=expr, start=start, end=end, step=step)["result"]
        )

    def series(self) -> list[dict[str, str]]:
        """The labels of all series, their name as `__name__`."""
        return list(self._get("/series", **{"match[]": '{__name__=~".+"}'}))

    def until(self, condition: Callable[[], object], timeout: float = 120, why: str = "") -> None:
        """Wait until a condition is true; `why` explains a failure.

        Raises:
            ChildFailed: it is not true within `timeout` seconds.
        """
        deadline = time.monotonic() + timeout
        while True:
            try:
                if condition():
                    return
            except httpx.TransportError:
                pass
            if time.monotonic() > deadline or not self._server.running:
                raise self._server.failed(f"had no {why or 'such figure'} for {timeout:g} s")
            time.sleep(0.2)

    def _get(self, path: str, **query: Any) -> Any:
        body = self._client.get(f"/api/v1{path}", params=query).json()
        if body["status"] != "success":
            raise ValueError(f"{query}: {body['error']}")
        return body["data"]
