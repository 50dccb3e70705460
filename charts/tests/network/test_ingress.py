"""The API from outside: an ALB, or any ingress controller."""

from collections.abc import Callable
from typing import Any

import pytest

from f1_devkit.cluster import charts
from f1_devkit.cluster.charts import Manifests

Render = Callable[..., Manifests]
ALLOWED = {"networkPolicies": {"api": {"from": [{"ipBlock": {"cidr": "192.168.0.0/16"}}]}}}
ALB = "alb.ingress.kubernetes.io/"


def _ingress(render: Render, **values: Any) -> Any:
    return render(charts.merged(ALLOWED, {"ingress": {"enabled": True, **values}})).one("Ingress")


def test_by_default_there_is_none(render: Render) -> None:
    assert render({}).kind("Ingress") == []


def test_an_alb_has_https_and_sends_http_there(render: Render) -> None:
    arn = "arn:aws:acm:eu-west-1:123456789012:certificate/0"
    ingress = _ingress(render, hosts=["f1.example.com"], alb={"certificateArn": arn})
    found = ingress["metadata"]["annotations"]
    assert ingress["spec"]["rules"][0]["host"] == "f1.example.com"
    assert found[f"{ALB}ssl-policy"].startswith("ELBSecurityPolicy-TLS13-1-2-"), "no TLS 1.1"
    assert ingress["spec"]["ingressClassName"] == "alb"
    assert found[f"{ALB}certificate-arn"] == arn
    assert found[f"{ALB}listen-ports"] == '[{"HTTP":80},{"HTTPS":443}]'
    assert found[f"{ALB}ssl-redirect"] == "443"
    assert found[f"{ALB}healthcheck-path"] == "/readyz"
    assert found[f"{ALB}scheme"] == "internal"
    assert found[f"{ALB}target-type"] == "ip"


@pytest.mark.parametrize(
    "values",
    [
        {"ingress": {"className": "alb", "alb": {"https": False}}},
        {"ingress": {"className": "nginx"}},
        {"ingress": {"enabled": False}, "api": {"service": {"type": "LoadBalancer"}}},
        {"ingress": {"enabled": False}, "api": {"service": {"type": "NodePort"}}},
        {
            "ingress": {"enabled": False},
            "api": {"httpRoute": {"enabled": True, "parentRefs": [{"name": "public"}]}},
        },
    ],
)
def test_the_metrics_are_not_reachable(render: Render, values: Any) -> None:
    """They have their own port, so that no path of the API has to be blocked, in any spelling."""
    rendered = render(charts.merged(ALLOWED, {"ingress": {"enabled": True}}, values))
    [pod] = [one for one in rendered.kind("Deployment") if one["metadata"]["name"].endswith("-api")]
    [container] = pod["spec"]["template"]["spec"]["containers"]
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert ports == {"http": 8000, "metrics": 9103}
    assert rendered.one("ConfigMap", "-api")["data"]["F1_API_METRICS_PORT"] == "9103"
    for service in rendered.kind("Service"):
        assert [port["targetPort"] for port in service["spec"]["ports"]] == ["http"]
    for ingress in rendered.kind("Ingress"):
        for rule in ingress["spec"]["rules"]:
            [path] = rule["http"]["paths"]
            assert path["path"] == "/"
            assert path["backend"]["service"]["port"] == {"name": "http"}
    [of_api] = [one for one in rendered.kind("Service") if one["metadata"]["name"].endswith("-api")]
    [served] = [port["port"] for port in of_api["spec"]["ports"]]
    for route in rendered.kind("HTTPRoute"):
        for rule in route["spec"]["rules"]:
            assert [backend["port"] for backend in rule["backendRefs"]] == [served]


def test_a_users_annotations_take_precedence(render: Render) -> None:
    ingress = _ingress(
        render, hosts=["a.example.com"], annotations={f"{ALB}scheme": "internet-facing"}
    )
    assert ingress["metadata"]["annotations"][f"{ALB}scheme"] == "internet-facing"


def test_another_class_gets_no_annotations_of_an_alb(render: Render) -> None:
    tls = [{"hosts": ["f1.example.com"], "secretName": "tls"}]
    ingress = _ingress(render, className="nginx", hosts=["f1.example.com"], tls=tls)
    assert ingress["metadata"]["annotations"] == {}
    assert ingress["spec"]["tls"] == tls
    [rule] = ingress["spec"]["rules"]
    assert [path["path"] for path in rule["http"]["paths"]] == ["/"]


def test_without_hosts_any_name_is_accepted(render: Render) -> None:
    [rule] = _ingress(render, className="nginx")["spec"]["rules"]
    assert "host" not in rule
