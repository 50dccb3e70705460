"""Prometheus and Alertmanager on the test cluster, made by prometheus-operator, with receivers."""

import contextlib
import json
import re
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import yaml

from f1_devkit.kubernetes import programs
from f1_devkit.kubernetes.kubectl import Kubectl, eventually

ROUTING_KEY = "0123456789abcdef0123456789abcdef"
"""Of PagerDuty's service; the receiver requires it."""

_DURATIONS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


def seconds(duration: str) -> float:
    """The seconds of a duration as Prometheus writes it, such as `1h30m`.

    >>> seconds("1h30m")
    5400.0
    """
    parts = re.findall(r"(\d+)(ms|[smhdw])", duration)
    if "".join(map("".join, parts)) != duration:
        raise ValueError(f"invalid duration {duration!r}")
    return float(sum(int(number) * _DURATIONS[unit] for number, unit in parts))


def alertmanager_config(receiver: str, shorten: Callable[[str], str]) -> str:
    """The configuration of charts/kube-prometheus-stack/values.yaml, with the test's receiver.

    Args:
        receiver: its URL.
        shorten: converts group_wait, group_interval and repeat_interval.
    """
    path = programs.checkout() / "charts" / "kube-prometheus-stack" / "values.yaml"
    config = yaml.safe_load(path.read_text())["alertmanager"]["config"]
    config["global"]["pagerduty_url"] = f"{receiver}/v2/enqueue"
    for one in config["receivers"]:
        for webhook in one.get("webhook_configs", ()):
            webhook["url"] = f"{receiver}/heartbeat"
    for route in (config["route"], *config["route"]["routes"]):
        for name in ("group_wait", "group_interval", "repeat_interval"):
            if name in route:
                route[name] = shorten(route[name])
    return yaml.safe_dump(config, sort_keys=False)


@dataclass(frozen=True)
class Notification:
    """A notification that a receiver received.

    Attributes:
        at: seconds since 1970.
        receiver: pagerduty, slack or heartbeat.
        status: firing or resolved.
        alert: the alert's name.
        key: the same for a trigger and its resolve.
        problems: why the real service would refuse it; empty if it would accept it.
        payload: the body.
    """

    at: float
    receiver: str
    status: str
    alert: str
    key: str
    problems: tuple[str, ...]
    payload: Mapping[str, Any]


class Monitoring:
    """A monitoring stack in its own namespace (tests/e2e/monitoring).

    monitoring = Monitoring(cluster.kubectl("monitoring"))
    monitoring.start()
    with monitoring.connected():
        monitoring.query("up")
        monitoring.notifications()
    """

    def __init__(self, kubectl: Kubectl) -> None:
        """Prepare; nothing is started yet. The namespace must exist."""
        self.kubectl = kubectl
        self._manifests = programs.checkout() / "tests" / "e2e" / "monitoring"
        self._addresses: dict[str, str] = {}

    def start(
        self,
        *,
        interval: str = "30s",
        shorten: Callable[[str], str] = lambda duration: duration,
        timeout: float = 180,
    ) -> None:
        """Start it and wait until it works; update it if it runs.

        Args:
            interval: between two scrapes, and two evaluations of rules.
            shorten: converts durations in Alertmanager's configuration.

        Raises:
            KubectlFailed, TimeoutError: it is not ready within `timeout` seconds.
        """
        crds = programs.checkout() / ".cache" / "monitoring" / "crds"
        server_side = ("apply", "--server-side", "--force-conflicts", "--filename", str(crds))
        self.kubectl(*server_side, timeout=120)
        established = ("wait", "--for=condition=Established", "--timeout=60s", "crd")
        self.kubectl(*established, "prometheuses.monitoring.coreos.com", timeout=70)
        self._accounts()
        receiver = f"http://receiver.{self.kubectl.namespace}.svc.cluster.local:8080"
        self._secret(
            "alertmanager-config", {"alertmanager.yaml": alertmanager_config(receiver, shorten)}
        )
        self._secret(
            "alertmanager-receivers",
            {
                "pagerduty-routing-key": ROUTING_KEY,
                "slack-api-url": f"{receiver}/slack",
                "heartbeat-token": "only-for-tests",
            },
        )
        program = {"receiver.py": (self._manifests / "receiver.py").read_text()}
        metadata = {"name": "receiver"}
        self.kubectl.apply(
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": program}
        )
        for name in ("operator", "receiver"):
            self.kubectl.apply(self._manifests / f"{name}.yaml")
        manifests = (self._manifests / "prometheus.yaml").read_text()
        self.kubectl.apply(
            re.sub(r"(scrape|evaluation)Interval: 30s", rf"\1Interval: {interval}", manifests)
        )
        for deployment in ("prometheus-operator", "receiver"):
            self._rolled_out(f"deployment/{deployment}", timeout)
        for workload in ("prometheus-f1", "alertmanager-f1"):
            made = partial(self.kubectl, "get", "statefulset", workload)
            eventually(f"prometheus-operator makes {workload}", made, timeout=timeout)
            self._rolled_out(f"statefulset/{workload}", timeout)

    def _rolled_out(self, workload: str, timeout: float) -> None:
        status = ("rollout", "status", workload, f"--timeout={timeout:g}s")
        self.kubectl(*status, timeout=timeout + 10)

    def _accounts(self) -> None:
        """Rights on the whole cluster for the service accounts of this namespace."""
        for role, account in (("operator", "prometheus-operator"), ("prometheus", "prometheus")):
            role_ref = {
                "apiGroup": "rbac.authorization.k8s.io",
                "kind": "ClusterRole",
                "name": f"f1-monitoring-{role}",
            }
            subject = {
                "kind": "ServiceAccount",
                "name": account,
                "namespace": self.kubectl.namespace,
            }
            self.kubectl.apply(
                {
                    "apiVersion": "rbac.authorization.k8s.io/v1",
                    "kind": "ClusterRoleBinding",
                    "metadata": {"name": f"{self.kubectl.namespace}-{role}"},
                    "roleRef": role_ref,
                    "subjects": [subject],
                }
            )

    def _secret(self, name: str, content: dict[str, str]) -> None:
        metadata = {"name": name}
        self.kubectl.apply(
            {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": content}
        )

    @contextlib.contextmanager
    def connected(self) -> Iterator[None]:
        """Port-forward to Prometheus, Alertmanager and the receiver, for the methods below."""
        ports = {"prometheus": 9090, "alertmanager": 9093, "receiver": 8080}
        with contextlib.ExitStack() as stack:
            for name, port in ports.items():
                forward = self.kubectl.port_forward(f"service/{name}", port)
                self._addresses[name] = stack.enter_context(forward)
            yield

    def query(self, expression: str) -> list[dict[str, Any]]:
        """The samples of an instant query, each with `metric` and `value`."""
        parameters = urllib.parse.urlencode({"query": expression})
        answer: dict[str, Any] = self._get("prometheus", f"/api/v1/query?{parameters}")
        found: list[dict[str, Any]] = answer["data"]["result"]
        return found

    def rules(self) -> list[dict[str, Any]]:
        """The alerting rules in Prometheus, with their state and alerts."""
        groups = self._get("prometheus", "/api/v1/rules?type=alert")["data"]["groups"]
        return [rule for group in groups for rule in group["rules"]]

    def alerts(self) -> list[dict[str, Any]]:
        """The pending and firing alerts in Prometheus."""
        found: list[dict[str, Any]] = self._get("prometheus", "/api/v1/alerts")["data"]["alerts"]
        return found

    def notifications(self) -> list[Notification]:
        """The notifications of all receivers, in order."""
        found = self._get("receiver", "/log")
        return [
            Notification(
                at=one["at"],
                receiver=one["receiver"],
                status=one.get("status", "firing"),
                alert=one.get("alert", "Watchdog"),
                key=one.get("key") or "",
                problems=tuple(one["problems"]),
                payload=one["payload"],
            )
            for one in found
        ]

    def _get(self, service: str, path: str) -> Any:
        url = f"http://{self._addresses[service]}{path}"
        with urllib.request.urlopen(url, timeout=30) as answer:
            return json.loads(answer.read())
