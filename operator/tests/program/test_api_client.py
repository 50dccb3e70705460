"""The handling of the API's responses, and of missing ones."""

import socket
import threading
import time
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from typing import Any, ClassVar

import pytest
from seasons.fake_api import FakeApi
from seasons.world import World

from f1_devkit.servers.http_thread import Handler, HttpThread
from f1_devkit.servers.ports import free_port
from f1_operator.api.client import ApiUnreachable, SeasonApi
from f1_operator.api.progress import Progress
from f1_operator.settings import ApiClientSettings


class Canned(Handler):
    status = 200
    body = b"{}"
    headers_seen: ClassVar[dict[str, str]] = {}
    clients: ClassVar[list[Any]] = []

    def do_GET(self) -> None:  # noqa: N802 - its parent's name
        type(self).headers_seen = dict(self.headers)
        self.clients.append(self.client_address)
        self.answer(self.status, {"Content-Type": "application/json"}, self.body)


@pytest.fixture
def server() -> Iterator[HttpThread]:
    with HttpThread(Canned) as server:
        yield server


def request(url: str, **settings: Any) -> Progress:
    api = SeasonApi(ApiClientSettings(url=url, **settings), timeout_s=2)
    return api.progress(World().season)


def test_an_unknown_season_is_not_an_error(server: HttpThread) -> None:
    Canned.status, Canned.body = 404, b'{"detail": "there is no season 2024 here"}'
    assert request(server.address) == Progress()


def test_a_problem_is_quoted(server: HttpThread) -> None:
    Canned.status, Canned.body = 503, b'{"title": "x", "detail": "the database is away"}'
    with pytest.raises(ApiUnreachable, match="responded 503: the database is away"):
        request(server.address)


def test_the_response_of_another_server_is_reported(server: HttpThread) -> None:
    Canned.status, Canned.body = 200, b"<html>It works!</html>"
    with pytest.raises(ApiUnreachable, match="responded with something else"):
        request(server.address)


def test_no_response_is_reported() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(ApiUnreachable, match=f"the API at {url} does not respond"):
        request(url)


def test_after_one_time_out_requests_fail_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings = ApiClientSettings(url=f"http://127.0.0.1:{silent.getsockname()[1]}")
        api = SeasonApi(settings, timeout_s=1.5)
        with pytest.raises(ApiUnreachable, match="does not respond"):
            api.progress(World().season)
        began = time.monotonic()
        with pytest.raises(ApiUnreachable, match="the last request timed out"):
            api.progress(World().season)
        assert time.monotonic() - began < 0.6


def test_the_key_is_sent(server: HttpThread) -> None:
    Canned.status, Canned.body = 200, b"{}"
    request(server.address, key="secret")
    assert Canned.headers_seen["X-API-Key"] == "secret"


def test_progress_is_read() -> None:
    api = FakeApi()
    season = World().season
    api.ledgers[2024].plan(season.metadata.uid, 1, lambda n: n < 3)
    api.ledgers[2024].capture(1)
    with api.server:
        progress = request(api.server.address)
    assert progress.plan(season.metadata.uid, 1) is not None
    assert [race.missing for race in progress.races if race.due] == [[], ["results", "laps"]]
    assert progress.total_rows == 2000


def test_the_api_may_have_an_ipv6_address() -> None:
    class OverIpv6(ThreadingHTTPServer):
        address_family = socket.AF_INET6

    Canned.status, Canned.body = 404, b"{}"
    with OverIpv6(("::1", 0), Canned) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        assert request(f"http://[::1]:{server.server_port}") == Progress()
        server.shutdown()
        thread.join()


def test_each_request_opens_a_connection_so_that_the_service_chooses_a_ready_pod(
    server: HttpThread,
) -> None:
    Canned.status, Canned.body = 200, b"{}"
    Canned.clients.clear()
    api = SeasonApi(ApiClientSettings(url=server.address), timeout_s=2)
    api.progress(World().season)
    api.progress(World().season)
    assert len(set(Canned.clients)) == 2
