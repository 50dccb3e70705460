"""The client and the scheme of requests through proxies that append to X-Forwarded-For.

Each proxy appends the address of its client. Addresses before those of trusted proxies come from
the client and may be false.
"""

import ipaddress
from collections.abc import Iterable
from typing import Any, Self

_MOST = 10
_SCHEMES = {b"http": "http", b"https": "https"}

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class TrustedProxies:
    """A number of proxies with any address, or the proxies in some networks."""

    def __init__(self, count: int, networks: Iterable[Network] = ()) -> None:
        self._count = count
        self._networks = tuple(networks)

    @classmethod
    def read(cls, written: str) -> Self | None:
        """From a setting: a number of proxies, `*` for one, or addresses and ranges.

        Raises:
            ValueError: invalid; the message says what to write.
        """
        text = written.strip()
        if not text:
            return None
        if text == "*":
            return cls(1)
        if text.isascii() and text.isdecimal() and len(text) < 3 and 1 <= int(text) <= _MOST:
            return cls(int(text))
        try:
            return cls(
                0, [ipaddress.ip_network(one.strip(), strict=False) for one in text.split(",")]
            )
        except ValueError as error:
            raise ValueError(
                f"{error}: write the number of proxies in front (1 to {_MOST}; * is 1), or their"
                " addresses and ranges, such as 10.0.0.0/16,10.1.2.3"
            ) from None

    def apply(self, scope: Any) -> None:
        """Set the client and the scheme of a request to those that trusted proxies report.

        A request that did not pass all of them keeps its address.
        """
        peer = scope["client"][0] if scope.get("client") else ""
        if self._networks and not self._trusts(peer):
            return
        hops: list[bytes] = []
        scheme = None
        for name, value in scope["headers"]:
            if name == b"x-forwarded-for":
                hops += value.split(b",")
            elif name == b"x-forwarded-proto":
                scheme = _SCHEMES.get(value.rpartition(b",")[2].strip().lower())
        if scheme is not None:
            scope["scheme"] = scheme
        address = self._client(hops)
        if address is not None:
            scope["client"] = (address, 0)

    def _client(self, hops: list[bytes]) -> str | None:
        if self._count:
            return _address(hops[-self._count]) if len(hops) >= self._count else None
        found = None
        for hop in reversed(hops):
            address = _address(hop)
            if address is None:
                return found
            found = address
            if not self._trusts(address):
                return found
        return found

    def _trusts(self, address: str) -> bool:
        try:
            known = ipaddress.ip_address(address)
        except ValueError:
            return False
        if isinstance(known, ipaddress.IPv6Address) and known.ipv4_mapped:
            known = known.ipv4_mapped
        return any(known in network for network in self._networks)


def _address(hop: bytes) -> str | None:
    """An address with or without a port; None: invalid."""
    text = hop.strip().decode("latin-1")
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return None
