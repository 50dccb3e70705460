"""Servers are reached over IPv4 and IPv6, and over IPv4 alone where IPv6 is disabled."""

import errno
import http.client
import socket
import threading
from typing import Any
from wsgiref.simple_server import WSGIServer, make_server

import pytest

from f1_core.errors import F1Error
from f1_core.program.listening import ListeningServer, listen

LOOPBACKS = ("127.0.0.1", "::1")


def reached(listening: socket.socket) -> list[str]:
    """The loopback addresses at which a listening socket is reached."""
    port = listening.getsockname()[1]
    found = []
    for address in LOOPBACKS:
        try:
            socket.create_connection((address, port), timeout=5).close()
            found.append(address)
        except OSError:
            continue
    return found


@pytest.mark.parametrize(
    ("host", "addresses"),
    [
        ("::", ["127.0.0.1", "::1"]),
        ("0.0.0.0", ["127.0.0.1"]),
        ("127.0.0.1", ["127.0.0.1"]),
        ("::1", ["::1"]),
        ("localhost", None),
    ],
)
def test_an_address_is_reached_over_its_families(host: str, addresses: list[str] | None) -> None:
    with listen(host, 0) as listening:
        assert reached(listening) == addresses or (addresses is None and reached(listening))


@pytest.mark.parametrize("code", [errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL])
def test_without_ipv6_it_listens_on_ipv4(monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    """As in a container with net.ipv6.conf.all.disable_ipv6=1, or a kernel without IPv6."""
    create = socket.create_server

    def without_ipv6(address: Any, **options: Any) -> socket.socket:
        if options.get("family") == socket.AF_INET6:
            raise OSError(code, "no IPv6")
        return create(address, **options)

    monkeypatch.setattr(socket, "create_server", without_ipv6)
    with listen("::", 0) as listening:
        assert reached(listening) == ["127.0.0.1"]


def test_a_port_in_use_is_an_error() -> None:
    with listen("::", 0) as first, pytest.raises(F1Error, match=r"at \[::\]:\d+: .*in use"):
        listen("::", first.getsockname()[1])


@pytest.mark.parametrize("host", ["203.0.113.1", "2001:db8::1", "no.such.host.invalid"])
def test_an_address_of_another_machine_is_an_error(host: str) -> None:
    with pytest.raises(F1Error, match="cannot listen at"):
        listen(host, 0)


def test_a_server_of_socketserver_responds_over_both_families() -> None:
    class Server(ListeningServer, WSGIServer):
        pass

    def app(_: Any, start: Any) -> list[bytes]:
        start("200 OK", [])
        return [b"ok"]

    server = make_server("::", 0, app, Server)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        for address in LOOPBACKS:
            connection = http.client.HTTPConnection(address, server.server_port, timeout=5)
            connection.request("GET", "/")
            assert connection.getresponse().read() == b"ok"
            connection.close()
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
