"""Allowed connections: the rendered policies, evaluated as by Kubernetes, against one table."""

from collections.abc import Callable, Iterator
from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from f1_devkit.cluster.charts import Manifests

Render = Callable[..., Manifests]

# Other pods, by labels of their namespace and their own; or an address.
OTHERS: dict[str, dict[str, Any]] = {
    "dns": {"namespace": "kube-system", "labels": {"k8s-app": "kube-dns"}},
    "postgres": {"namespace": "data", "labels": {"app": "postgres"}},
    "s3": {"namespace": "data", "labels": {"app": "s3"}},
    "source": {"namespace": "data", "labels": {"app": "source"}},
    "prometheus": {"namespace": "monitoring", "labels": {"app": "prometheus"}},
    "ingress": {"namespace": "ingress", "labels": {"app": "nginx"}},
    "stranger": {"namespace": "racing", "labels": {"app": "stranger"}},
    "another release": {
        "namespace": "racing",
        "labels": {
            "app.kubernetes.io/instance": "f1-staging",
            "app.kubernetes.io/component": "operator",
            "app.kubernetes.io/part-of": "f1-telemetry-aggregator",
        },
    },
    "apiserver": {"address": "172.18.0.2"},
    "metadata": {"address": "169.254.169.254"},
    "pod-identity": {"address": "169.254.170.23"},
}
PROGRAMS = ("api", "worker", "ingest", "operator", "migration", "test", "uninstall")
VALUES = {
    "networkPolicies": {
        "api": {"from": [{"namespaceSelector": {"matchLabels": {"name": "ingress"}}}]},
        "metrics": {"from": [{"namespaceSelector": {"matchLabels": {"name": "monitoring"}}}]},
        "dns": {
            "to": [
                {
                    "namespaceSelector": {"matchLabels": {"name": "kube-system"}},
                    "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
                }
            ]
        },
        **{
            name: {
                "to": [{"namespaceSelector": {}, "podSelector": {"matchLabels": {"app": app}}}],
                "port": port,
            }
            for name, app, port in (
                ("database", "postgres", 5432),
                ("s3", "s3", 7070),
                ("sources", "source", 8080),
            )
        },
        "kubernetesApi": {"to": [{"ipBlock": {"cidr": "172.18.0.2/32"}}], "ports": [6443]},
    }
}
PATHS = {
    ("ingress", "api", 8000),
    ("operator", "api", 8000),
    ("test", "api", 8000),
    ("prometheus", "api", 9103),
    ("prometheus", "worker", 9101),
    ("prometheus", "operator", 9102),
    ("api", "postgres", 5432),
    ("worker", "postgres", 5432),
    ("ingest", "postgres", 5432),
    ("migration", "postgres", 5432),
    ("worker", "s3", 7070),
    ("ingest", "s3", 7070),
    ("worker", "pod-identity", 80),
    ("ingest", "pod-identity", 80),
    ("ingest", "source", 8080),
    ("operator", "apiserver", 6443),
    ("uninstall", "apiserver", 6443),
    *((who, "dns", 53) for who in ("api", "worker", "ingest", "operator", "migration", "test")),
}


def test_exactly_these_connections_are_allowed(render: Render) -> None:
    policies = render(VALUES).kind("NetworkPolicy")
    places = {name: _program(name) for name in PROGRAMS} | OTHERS
    ports = {port for _, _, port in PATHS} | {22, 443}
    allowed = {
        (source, target, port)
        for source in places
        for target in places
        for port in ports
        if {source, target} & set(PROGRAMS) and _may(policies, places[source], places[target], port)
    }
    assert allowed == PATHS


def test_dns_uses_udp_and_tcp_and_everything_else_tcp(render: Render) -> None:
    """A response that is too long for UDP is requested again over TCP."""
    for policy in render(VALUES).kind("NetworkPolicy"):
        for rule in (*policy["spec"].get("ingress", ()), *policy["spec"].get("egress", ())):
            protocols = {
                port: [one["protocol"] for one in rule["ports"] if one["port"] == port]
                for port in {one["port"] for one in rule["ports"]}
            }
            for port, found in protocols.items():
                assert found == (["UDP", "TCP"] if port == 53 else ["TCP"]), policy["metadata"]


def test_jobs_of_the_operator_have_ingests_paths(render: Render) -> None:
    """Their labels are a setting of the operator."""
    rendered = render(VALUES)
    settings = rendered.one("ConfigMap", "-operator")["data"]
    given = dict(part.split("=") for part in settings["F1_JOB_LABELS"].split(","))
    job = {
        "namespace": "racing",
        "labels": given
        | {
            "app.kubernetes.io/name": "f1-ingest",
            "app.kubernetes.io/part-of": "f1-telemetry-aggregator",
            "app.kubernetes.io/managed-by": "f1-operator",
        },
    }
    policies = rendered.kind("NetworkPolicy")
    for target, port in (("postgres", 5432), ("s3", 7070), ("source", 8080), ("dns", 53)):
        assert _may(policies, job, OTHERS[target], port)
    assert not _may(policies, job, OTHERS["apiserver"], 6443)
    assert not _may(policies, OTHERS["stranger"], job, 8000)


def test_by_default_no_pod_reaches_a_nodes_metadata(render: Render) -> None:
    """It would give access to credentials of the node."""
    policies = render({}).kind("NetworkPolicy")
    for name in PROGRAMS:
        for port in (80, 443):
            assert not _may(policies, _program(name), OTHERS["metadata"], port)


PUBLIC = ("52.218.1.1", "172.32.0.1", "11.0.0.1", "100.128.0.1", "2600::1")
PRIVATE = (
    *("10.1.2.3", "172.16.0.1", "172.31.255.254", "192.168.1.1", "100.64.0.1", "100.127.255.254"),
    *("169.254.169.254", "fd00:ec2::254", "fc00::1", "fdff::1", "fe80::1"),
)


@pytest.mark.parametrize("address", PRIVATE)
def test_by_default_no_private_address_is_reached_on_443(render: Render, address: str) -> None:
    """So that redirects of a source and a bucket's name cannot lead to an internal service."""
    policies = render({}).kind("NetworkPolicy")
    for name in ("worker", "ingest", "api", "migration", "test"):
        assert not _may(policies, _program(name), {"address": address}, 443), name


@pytest.mark.parametrize("address", PUBLIC)
def test_by_default_public_addresses_are_reached_on_443(render: Render, address: str) -> None:
    policies = render({}).kind("NetworkPolicy")
    for name in ("worker", "ingest"):
        assert _may(policies, _program(name), {"address": address}, 443), name


def test_a_private_source_and_s3_are_allowed_by_values(render: Render) -> None:
    inside = {"to": [{"ipBlock": {"cidr": "fd00:1::/64"}}, {"ipBlock": {"cidr": "10.0.0.0/8"}}]}
    policies = render({"networkPolicies": {"s3": inside, "sources": inside}}).kind("NetworkPolicy")
    for address in ("fd00:1::2", "10.1.2.3"):
        assert _may(policies, _program("ingest"), {"address": address}, 443)
        assert _may(policies, _program("worker"), {"address": address}, 443)


def test_by_default_the_database_and_kubernetes_are_reached_over_ipv6(render: Render) -> None:
    policies = render({}).kind("NetworkPolicy")
    inside = {"address": "fd12:3456::1"}
    for name in ("api", "worker", "ingest", "migration"):
        assert _may(policies, _program(name), inside, 5432), name
    assert _may(policies, _program("operator"), inside, 443)
    assert _may(policies, _program("uninstall"), inside, 6443)


def test_by_default_the_programs_reach_what_they_need_on_eks(render: Render) -> None:
    policies = render({}).kind("NetworkPolicy")
    inside, outside = {"address": "192.168.10.20"}, {"address": "52.218.1.1"}
    assert _may(policies, _program("api"), inside, 5432)
    assert _may(policies, _program("worker"), outside, 443)
    assert _may(policies, _program("ingest"), OTHERS["pod-identity"], 80)
    assert _may(policies, _program("operator"), inside, 443)
    assert not _may(policies, _program("api"), outside, 443)
    assert not _may(policies, _program("operator"), outside, 443)
    for port in (22, 80, 5432):
        assert not _may(policies, _program("worker"), outside, port)
        assert not _may(policies, _program("ingest"), outside, port)


@pytest.mark.parametrize(("whole", "selector"), [(False, 2), (True, 0)])
def test_denial_is_for_the_releases_pods_or_for_the_whole_namespace(
    render: Render, *, whole: bool, selector: int
) -> None:
    deny = render({"networkPolicies": {"denyNamespace": whole}}).one("NetworkPolicy", "-deny")
    assert len(deny["spec"]["podSelector"].get("matchLabels", {})) == selector
    assert deny["spec"]["policyTypes"] == ["Ingress", "Egress"]
    assert not {"ingress", "egress"} & deny["spec"].keys()


def test_without_policies_there_are_none(render: Render) -> None:
    assert render({"networkPolicies": {"enabled": False}}).kind("NetworkPolicy") == []


# --- NetworkPolicies as Kubernetes evaluates them--------------------------------------------------


def _program(component: str) -> dict[str, Any]:
    labels = {
        "app.kubernetes.io/name": "f1-aggregator",
        "app.kubernetes.io/instance": "f1",
        "app.kubernetes.io/component": component,
        "app.kubernetes.io/part-of": "f1-telemetry-aggregator",
    }
    return {"namespace": "racing", "labels": labels}


def _may(policies: list[Any], source: Any, target: Any, port: int) -> bool:
    return _let(policies, source, target, port, "egress") and _let(
        policies, target, source, port, "ingress"
    )


def _let(policies: list[Any], pod: Any, peer: Any, port: int, way: str) -> bool:
    """Whether a pod may send to, or receive from, a peer: always, if no policy selects it."""
    selecting = [
        one["spec"]
        for one in policies
        if pod.get("namespace") == one["metadata"].get("namespace", "racing")
        and _selected(one["spec"]["podSelector"], pod["labels"])
        and way.capitalize() in one["spec"]["policyTypes"]
    ]
    if not selecting:
        return True
    return any(_rule(rule, peer, port, way) for spec in selecting for rule in spec.get(way, ()))


def _rule(rule: Any, peer: Any, port: int, way: str) -> bool:
    peers = rule.get("to" if way == "egress" else "from")
    right_port = any(one["port"] == port for one in rule["ports"])
    return right_port and any(_is(one, peer) for one in peers)


def _is(described: Any, peer: Any) -> bool:

    if "ipBlock" in described:
        if "address" not in peer:
            return False
        block, address = described["ipBlock"], ip_address(peer["address"])
        return address in ip_network(block["cidr"]) and not any(
            address in ip_network(one) for one in block.get("except", ())
        )
    if "address" in peer:
        return False
    if "namespaceSelector" in described:
        names = {"name": peer["namespace"], "kubernetes.io/metadata.name": peer["namespace"]}
        if not _selected(described["namespaceSelector"], names):
            return False
    elif peer["namespace"] != "racing":
        return False
    return _selected(described.get("podSelector", {}), peer["labels"])


def _selected(selector: Any, labels: dict[str, str]) -> bool:
    return all(labels.get(key) == value for key, value in _labels(selector))


def _labels(selector: Any) -> Iterator[tuple[str, str]]:
    yield from selector.get("matchLabels", {}).items()


@pytest.mark.parametrize("program", ["api", "worker", "ingest", "migration"])
def test_by_default_the_database_is_reached_only_in_private_networks(
    render: Render, program: str
) -> None:
    [policy] = [
        one
        for one in render({}).kind("NetworkPolicy")
        if one["metadata"]["name"].endswith(f"-{program}")
    ]
    [rule] = [
        rule
        for rule in policy["spec"]["egress"]
        if {"protocol": "TCP", "port": 5432} in rule["ports"]
    ]
    assert rule["ports"] == [{"protocol": "TCP", "port": 5432}]
    networks = [ip_network(to["ipBlock"]["cidr"]) for to in rule["to"]]
    assert networks
    assert all(network.is_private and network.prefixlen > 0 for network in networks)
