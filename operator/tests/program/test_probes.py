"""Probes of the operator get a response, whatever else is connected."""

import socket
import urllib.error
import urllib.request
from contextlib import ExitStack

import pytest

from f1_core.errors import SettingsError
from f1_core.program.probes import ProbeServer
from f1_core.settings import load
from f1_operator.settings import OperatorSettings


def request(server: ProbeServer, path: str) -> tuple[int, str]:
    try:
        url = f"http://127.0.0.1:{server.port}{path}"
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_problems_are_listed_line_by_line() -> None:
    found = ["one", "another"]
    with ProbeServer(
        "127.0.0.1", 0, alive=lambda: found, ready=list, port_setting="PORT"
    ) as server:
        assert request(server, "/healthz") == (503, "one\nanother\n")
        assert request(server, "/readyz") == (200, "ok\n")
        assert request(server, "/elsewhere")[0] == 404


def test_the_state_is_shown_without_problems_and_the_port_is_closed_at_the_end() -> None:
    found: list[str] = []
    with ProbeServer(
        "127.0.0.1",
        0,
        alive=lambda: found,
        ready=lambda: found,
        port_setting="PORT",
        state=lambda: "leading",
    ) as server:
        assert request(server, "/readyz") == (200, "leading\n")
        found.append("no Lease")
        assert request(server, "/readyz") == (503, "no Lease\n")
    socket.create_server(("127.0.0.1", server.port)).close()


def test_a_port_in_use_is_reported_with_its_setting() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(SettingsError, match="set F1_OPERATOR_METRICS_PORT to another port"),
    ):
        ProbeServer(
            "127.0.0.1",
            taken.getsockname()[1],
            alive=list,
            ready=list,
            port_setting="F1_OPERATOR_METRICS_PORT",
        )


def test_idle_connections_do_not_block_requests() -> None:
    """As of a port scan, or of a load balancer that keeps connections open."""
    with (
        ProbeServer("127.0.0.1", 0, alive=list, ready=list, port_setting="PORT") as server,
        ExitStack() as stack,
    ):
        for _ in range(5):
            stack.enter_context(socket.create_connection(("127.0.0.1", server.port)))
        assert request(server, "/healthz") == (200, "ok\n")


@pytest.mark.parametrize("address", ["127.0.0.1", "[::1]"])
def test_probes_and_metrics_respond_over_both_families(address: str) -> None:
    [settings] = load(OperatorSettings)
    with ProbeServer(
        settings.metrics_host, 0, alive=list, ready=list, port_setting="PORT"
    ) as server:
        url = f"http://{address}:{server.port}/metrics"
        with urllib.request.urlopen(url, timeout=10) as answer:
            assert answer.status == 200
