"""IPv4, IPv6 or both in the chart."""

from collections.abc import Callable
from typing import Any

import pytest

from f1_devkit.cluster.charts import Manifests

Render = Callable[..., Manifests]


def test_by_default_the_cluster_decides(render: Render) -> None:
    spec = render({}).one("Service")["spec"]
    assert not {"ipFamilyPolicy", "ipFamilies"} & spec.keys()


@pytest.mark.parametrize("families", [["IPv6"], ["IPv6", "IPv4"]])
def test_a_service_has_the_requested_families(render: Render, families: list[str]) -> None:
    service = {"ipFamilyPolicy": "PreferDualStack", "ipFamilies": families}
    spec = render({"api": {"service": service}}).one("Service")["spec"]
    assert spec["ipFamilyPolicy"] == "PreferDualStack"
    assert spec["ipFamilies"] == families


@pytest.mark.parametrize(
    "service", [{"ipFamilyPolicy": "Dual"}, {"ipFamilies": ["ipv6"]}, {"ipFamilies": ["IPv6"] * 2}]
)
def test_invalid_families_are_refused(refusal: Any, service: dict[str, Any]) -> None:
    assert "/api/service/ipFamil" in refusal({"api": {"service": service}})


def test_postgres_s3_and_the_registry_may_have_ipv6_addresses(render: Render) -> None:
    rendered = render(
        {
            "database": {"existingSecret": None, "url": "postgresql://f1:x@[fd00::5]:5432/f1"},
            "s3": {"endpoint": "http://[fd00::6]:9000"},
            "image": {"registry": "[fd00::7]:5000/f1", "tag": "v1"},
        }
    )
    assert rendered.one("ConfigMap", "-worker")["data"]["F1_S3_ENDPOINT"] == "http://[fd00::6]:9000"
    [container] = rendered.pod("worker")["spec"]["containers"]
    assert container["image"] == "[fd00::7]:5000/f1/f1-worker:v1"


def test_openshifts_dns_has_its_own_port(render: Render) -> None:
    """Policies apply to the DNS pod's address and port, not the Service's port 53."""
    rendered = render({"networkPolicies": {"dns": {"port": 5353}}})
    for program in ("api", "worker", "ingest", "operator", "migration"):
        egress = rendered.one("NetworkPolicy", f"-{program}")["spec"]["egress"]
        ports = [[(port["protocol"], port["port"]) for port in rule["ports"]] for rule in egress]
        assert [("UDP", 5353), ("TCP", 5353)] in ports
        assert "53" not in {str(port) for rule in ports for _, port in rule}


def test_the_programs_listen_on_both(render: Render) -> None:
    """The worker and the operator by default."""
    assert render({}).one("ConfigMap", "-api")["data"]["F1_API_HOST"] == "::"
    for name in ("worker", "operator"):
        assert "METRICS_HOST" not in str(render({}).one("ConfigMap", f"-{name}")["data"])
