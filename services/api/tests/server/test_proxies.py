"""Trusted X-Forwarded-For headers: counted from the right, where proxies append."""

from typing import Any

import pytest

from f1_api.http.proxies import TrustedProxies
from f1_api.settings import ApiSettings


def _request(setting: str, forwarded: str | None, peer: str = "10.0.0.9", proto: str = "") -> Any:
    headers = [] if forwarded is None else [(b"x-forwarded-for", forwarded.encode())]
    headers += [(b"x-forwarded-proto", proto.encode())] if proto else []
    scope = {"client": (peer, 1), "scheme": "http", "headers": headers}
    proxies = TrustedProxies.read(setting)
    assert proxies is not None
    proxies.apply(scope)
    return scope


@pytest.mark.parametrize(
    ("setting", "forwarded", "client"),
    [
        ("*", "6.6.6.6, 203.0.113.7", "203.0.113.7"),
        ("1", "6.6.6.6, 203.0.113.7", "203.0.113.7"),
        ("2", "6.6.6.6, 203.0.113.7, 10.0.0.8", "203.0.113.7"),
        ("2", "6.6.6.6", "10.0.0.9"),  # it did not pass both proxies
        ("*", None, "10.0.0.9"),
        ("*", "nonsense", "10.0.0.9"),
        ("*", "6.6.6.6, unknown", "10.0.0.9"),
        ("*", "203.0.113.7:4711", "203.0.113.7"),
        ("*", "[2001:db8::1]:4711", "2001:db8::1"),
        ("10.0.0.0/8", "6.6.6.6, 203.0.113.7, 10.1.2.3", "203.0.113.7"),
        ("10.0.0.0/8", "203.0.113.7, unknown", "10.0.0.9"),
        ("192.0.2.1", "203.0.113.7", "10.0.0.9"),  # requested by no trusted proxy
        ("10.0.0.9,fd00::/8", "203.0.113.7, fd00::5", "203.0.113.7"),
        ("10.1.2.3/8", "203.0.113.7", "203.0.113.7"),  # an address of the range
        ("10.0.0.0/8", "10.1.1.1, 10.2.2.2", "10.1.1.1"),  # requested from inside
        ("10.0.0.0/8", "203.0.113.7, ::ffff:10.1.2.3", "203.0.113.7"),
        ("10", ", ".join(["203.0.113.7", *["10.0.0.8"] * 9]), "203.0.113.7"),
    ],
)
def test_the_client_is_counted_from_the_right(setting: str, forwarded: str, client: str) -> None:
    assert _request(setting, forwarded)["client"][0] == client


@pytest.mark.parametrize(
    ("peer", "client"), [("::ffff:10.0.0.9", "203.0.113.7"), ("socket", "socket")]
)
def test_a_proxy_is_known_by_the_ipv4_address_in_an_ipv6_one(peer: str, client: str) -> None:
    assert _request("10.0.0.0/8", "203.0.113.7", peer)["client"][0] == client


def test_a_connection_without_an_address_is_not_a_trusted_proxy() -> None:
    """Over a Unix socket; one proxy of any address may be behind it."""
    for setting, client in (("10.0.0.0/8", None), ("1", ("203.0.113.7", 0))):
        scope: dict[str, Any] = {"scheme": "http", "client": None}
        scope["headers"] = [(b"x-forwarded-for", b"203.0.113.7")]
        proxies = TrustedProxies.read(setting)
        assert proxies is not None
        proxies.apply(scope)
        assert scope["client"] == client


def test_a_header_in_several_lines_is_one_list() -> None:
    lines = [(b"x-forwarded-for", b"6.6.6.6"), (b"x-forwarded-for", b"203.0.113.7")]
    scope = {"client": ("10.0.0.9", 1), "scheme": "http", "headers": lines}
    proxies = TrustedProxies.read("*")
    assert proxies is not None
    proxies.apply(scope)
    assert scope["client"] == ("203.0.113.7", 0)


def test_the_scheme_is_that_of_the_last_proxy() -> None:
    assert _request("*", "203.0.113.7", proto="https")["scheme"] == "https"
    assert _request("*", "203.0.113.7", proto="https, http")["scheme"] == "http"
    assert _request("192.0.2.1", "203.0.113.7", proto="https")["scheme"] == "http"
    assert _request("*", "203.0.113.7", proto="gopher")["scheme"] == "http"


@pytest.mark.parametrize("setting", ["0", "11", "proxy.example", "10.0.0.0/99", "*,10.0.0.1"])
def test_unreadable_settings_are_refused(setting: str) -> None:
    with pytest.raises(ValueError, match="write the number of proxies in front"):
        ApiSettings(trusted_proxies=setting)


def test_a_limit_by_address_cannot_be_evaded_by_a_header(serve: Any) -> None:
    api = serve(keys="off", anonymous_limit="3/hour", trusted_proxies="*")
    answers = [api.get("/races", x_forwarded_for=f"6.6.6.{n}, 203.0.113.7") for n in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert api.get("/races", x_forwarded_for="203.0.113.8").status_code == 200


def test_answers_of_ergast_have_the_scheme_of_the_request(serve: Any) -> None:
    api = serve(trusted_proxies="*")
    for scheme in ("https", "http", "https"):
        answer = api.get("/ergast/f1/2024/1/results", x_forwarded_proto=scheme)
        assert answer.json()["MRData"]["url"].startswith(f"{scheme}://")
