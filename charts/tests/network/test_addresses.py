"""Addresses, ranges and numbers of proxies in values: those that the API and Kubernetes accept."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from f1_api.http.proxies import TrustedProxies
from f1_devkit.cluster.charts import Manifests

Render = Callable[..., Manifests]
Refusal = Callable[[Mapping[str, Any]], str]

READ: list[list[str | int]] = [
    ["*"],
    ["2"],
    [2],
    [10],
    ["10.0.0.0/8", "fd00::/8"],
    ["10.1.2.3", "::1", "::ffff:10.0.0.1", "2001:db8::a:b", "fe80::/128", "0.0.0.0/0"],
    ["1:2:3:4:5:6:7:8"],
]


@pytest.mark.parametrize("proxies", READ, ids=str)
def test_valid_proxies_are_accepted(render: Render, proxies: list[str | int]) -> None:
    rendered = render({"api": {"trustedProxies": proxies}})
    written = rendered.one("ConfigMap", "-api")["data"]["F1_API_TRUSTED_PROXIES"]
    assert written == ",".join(map(str, proxies))
    assert TrustedProxies.read(written) is not None


ALONE = "cannot be combined with addresses: write that number ([2])"
NO_ADDRESS = "is not an address: write the number of proxies in front"
REFUSED: dict[str, tuple[list[str | int], str]] = {
    "any proxy and a range": (["*", "10.0.0.0/8"], f"* is a number of proxies and {ALONE}"),
    "two numbers": (["2", "3"], f"2 is a number of proxies and {ALONE}"),
    "a prefix too long": (["10.0.0.0/99"], f'"10.0.0.0/99" {NO_ADDRESS}'),
    "an IPv6 prefix too long": (["fd00::/129"], NO_ADDRESS),
    "dots": (["..."], NO_ADDRESS),
    "an octet too large": (["10.0.0.256"], NO_ADDRESS),
    "nine parts": (["1:2:3:4:5:6:7:8:9"], NO_ADDRESS),
    "two gaps": (["fd00::1::2"], NO_ADDRESS),
    "too many in words": (["11"], NO_ADDRESS),
}


@pytest.mark.parametrize(("proxies", "sentence"), REFUSED.values(), ids=REFUSED)
def test_invalid_proxies_are_refused(
    refusal: Refusal, proxies: list[str | int], sentence: str
) -> None:
    with pytest.raises(ValueError, match="write the number of proxies in front"):
        TrustedProxies.read(",".join(map(str, proxies)))
    assert sentence in refusal({"api": {"trustedProxies": proxies}})


@pytest.mark.parametrize("number", [0, 11])
def test_a_number_of_proxies_is_1_to_10(refusal: Refusal, number: int) -> None:
    assert "at '/api/trustedProxies/0'" in refusal({"api": {"trustedProxies": [number]}})


BLOCKS = {
    "a prefix too long": {"cidr": "10.20.0.0/33"},
    "an octet too large": {"cidr": "10.20.0.256/24"},
    "an exception": {"cidr": "10.0.0.0/8", "except": ["10.20.0.0/33"]},
    "an IPv6 prefix too long": {"cidr": "fd00::/130"},
}


@pytest.mark.parametrize("block", BLOCKS.values(), ids=BLOCKS)
@pytest.mark.parametrize(("policy", "side"), [("s3", "to"), ("api", "from")])
def test_invalid_ranges_are_refused(
    refusal: Refusal, policy: str, side: str, block: dict[str, Any]
) -> None:
    message = refusal({"networkPolicies": {policy: {side: [{"ipBlock": block}]}}})
    assert f"networkPolicies.{policy}.{side}: " in message
    assert "is not an address range: write one such as 10.0.0.0/16 or fd00::/8" in message


def test_a_single_stack_service_has_one_family(refusal: Refusal) -> None:
    service = {"ipFamilyPolicy": "SingleStack", "ipFamilies": ["IPv4", "IPv6"]}
    sentence = "api.service.ipFamilyPolicy SingleStack has one family"
    assert sentence in refusal({"api": {"service": service}})
