"""nginx as a shared cache in front of the API, like a CDN: what it serves, and for how long.

Skipped where nginx is not installed.
"""

import getpass
import itertools
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from f1_api.auth.keys import new_key
from f1_devkit.servers.child import Child
from f1_devkit.servers.ports import LOOPBACK, free_port

pytestmark = pytest.mark.skipif(
    shutil.which("nginx") is None and not os.environ.get("F1_REQUIRE_NGINX"),
    reason="nginx is not installed: Debian's package nginx",
)

BROWSER = "text/html,application/xhtml+xml,*/*;q=0.8"
PATHS = [
    "/races",
    "/races/2024-monaco",
    "/races/2024-1/lap-times",
    "/races/2024-1/lap-times?limit=2&format=json",
    "/races/2024-1/lap-times?format=csv",
    "/races/last",
    "/drivers/ada/stats?by=race",
    "/seasons/2024",
    "/seasons/2024/datasets/lap_times.parquet",
    "/ergast/f1/2024/results",
]
CONFIG = """
daemon off;
pid {folder}/nginx.pid;
error_log stderr;
{user}
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    proxy_cache_path {folder}/kept keys_zone=kept:1m;
    server {{
        listen {listen};
        location / {{
            proxy_pass {api};
            proxy_http_version 1.1;
            proxy_cache kept;
            proxy_cache_key $request_uri;
            proxy_cache_revalidate on;
            proxy_cache_background_update on;
            add_header X-Cache $upstream_cache_status always;
        }}
    }}
}}
"""
"""Only the headers of the API determine how long nginx keeps answers."""


@pytest.fixture
def in_front(tmp_path: Path) -> Iterator[Callable[[str], httpx.Client]]:
    """Starts the cache in front of an address; returns a client of it."""
    folders = itertools.count()
    started: list[Child] = []
    clients: list[httpx.Client] = []

    def start(url: str) -> httpx.Client:
        folder = tmp_path / f"nginx-{next(folders)}"
        folder.mkdir()
        listen = f"{LOOPBACK}:{free_port()}"
        user = "user root;" if getpass.getuser() == "root" else ""
        config = folder / "nginx.conf"
        config.write_text(CONFIG.format(folder=folder, user=user, listen=listen, api=url))
        command = ["nginx", "-e", "stderr", "-p", str(folder), "-c", str(config)]
        started.append(Child("nginx", command, directory=folder))
        started[-1].start()
        clients.append(httpx.Client(base_url=f"http://{listen}", timeout=20))
        _wait(clients[-1], started[-1])
        return clients[-1]

    yield start
    for client in clients:
        client.close()
    for child in started:
        child.stop()


def _wait(client: httpx.Client, child: Child) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            client.get("/livez")
        except httpx.TransportError as error:
            if not child.running or time.monotonic() > deadline:
                raise child.failed("did not answer") from error
            time.sleep(0.05)
        else:
            return


def _got(client: httpx.Client, path: str, **headers: str) -> tuple[str, httpx.Response]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = client.get(path, headers=named)
    return answer.headers["x-cache"], answer


def _waited(client: httpx.Client, path: str, state: str, seconds: float = 10) -> httpx.Response:
    """Repeat the request until the cache has this state."""
    deadline = time.monotonic() + seconds
    while True:
        cached, answer = _got(client, path)
        if cached == state:
            return answer
        assert time.monotonic() < deadline, f"{cached} and never {state}"
        time.sleep(0.05)


def test_the_cache_serves_the_same_answers_in_every_form(serve: Any, in_front: Any) -> None:
    api = serve(shared_max_age_s=600)
    cdn = in_front(api.url)
    for path in PATHS:
        for accept in ("application/json", "text/csv", BROWSER, "*/*"):
            for encoding in ("identity", "gzip"):
                headers = {"accept": accept, "accept_encoding": encoding}
                first, second = _got(cdn, path, **headers), _got(cdn, path, **headers)
                straight = api.get(path, **headers)
                assert (first[0], second[0]) == ("MISS", "HIT"), (path, headers)
                for name in ("etag", "content-type", "content-encoding", "vary"):
                    values = [answer.headers.get(name) for _, answer in (first, second)]
                    assert values == [straight.headers.get(name)] * 2, (path, headers, name)
                assert first[1].content == second[1].content == straight.content


def test_a_browser_revalidates_and_gets_a_304(serve: Any, season: Any, in_front: Any) -> None:
    api = serve(max_age_s=1)
    cdn = in_front(api.url)
    before = _got(cdn, "/drivers")[1]
    again = _waited(cdn, "/drivers", "REVALIDATED")
    assert again.content == before.content
    counted = 'http_requests_total{endpoint="/drivers",method="GET",status="304"} 1.0'
    assert counted in api.metrics
    season.execute("UPDATE drivers SET nationality = 'Martian'")
    season.notify()
    changed_at = time.monotonic()
    while "Martian" not in _got(cdn, "/drivers")[1].text:
        assert time.monotonic() - changed_at < 3  # a second, and what nginx rounds
        time.sleep(0.05)


def test_by_default_caches_must_revalidate(serve: Any, in_front: Any) -> None:
    api = serve()
    cdn = in_front(api.url)
    assert [_got(cdn, path)[0] for path in (*PATHS, *PATHS)] == ["MISS"] * 2 * len(PATHS)
    cdn = in_front(serve(max_age_s=600).url)
    for path in ("/", "/ledger", "/seasons/2024/status", "/healthz", "/nothing"):
        assert [_got(cdn, path)[0] for _ in range(2)] == ["MISS"] * 2, path


def test_private_answers_are_not_shared(serve: Any, season: Any, in_front: Any) -> None:
    mine, other = new_key(), new_key()
    for made in (mine, other):
        season.execute(
            "INSERT INTO api_keys (key_id, name, secret_sha256) VALUES (:id, 'test', :hash)",
            id=made.key_id,
            hash=made.secret_sha256,
        )
    times = {"max_age_s": 600, "shared_max_age_s": 600, "stale_if_error_s": 600}
    required, optional = (serve(keys=mode, **times) for mode in ("required", "optional"))
    cdn = in_front(required.url)
    for path in PATHS:
        for made in (mine, other):
            cached, answer = _got(cdn, path, x_api_key=made.text)
            assert (cached, answer.status_code) == ("MISS", 200)
        assert _got(cdn, path)[1].status_code == 401
        assert _got(cdn, path, authorization="Bearer f1_wrong")[1].status_code == 401
    cdn = in_front(optional.url)
    assert _got(cdn, "/races")[1].status_code == 200
    assert _got(cdn, "/races")[0] == "HIT"
    assert _got(cdn, "/races", x_api_key="f1_wrong")[1].status_code == 401
    assert _got(cdn, "/races", authorization="Bearer f1_wrong")[1].status_code == 401
    assert _got(cdn, "/races", x_api_key=mine.text)[1].status_code == 200


def test_answers_to_different_origins_are_cached_separately(serve: Any, in_front: Any) -> None:
    cdn = in_front(serve(max_age_s=600, origins="https://a.example https://b.example").url)
    for origin in ("", "https://a.example", "https://b.example", "https://c.example"):
        for _ in range(2):
            answer = _got(cdn, "/races", **({"origin": origin} if origin else {}))[1]
            allowed = answer.headers.get("access-control-allow-origin", "")
            assert allowed == (origin if origin[8:9] in ("a", "b") else "")


def test_the_cache_serves_stale_answers_only_while_the_api_is_down(
    serve: Any, in_front: Any
) -> None:
    api = serve(max_age_s=1, stale_if_error_s=3)
    cdn = in_front(api.url)
    before = _got(cdn, "/races")[1]
    down_at = time.monotonic()
    api.stop()
    stale = _waited(cdn, "/races", "STALE")
    assert (stale.status_code, stale.content) == (200, before.content)
    assert _got(cdn, "/drivers")[1].status_code == 502  # not requested before
    while _got(cdn, "/races")[1].status_code == 200:
        assert time.monotonic() - down_at < 6
        time.sleep(0.1)
    assert time.monotonic() - down_at > 2


def test_no_request_waits_for_revalidation(serve: Any, in_front: Any) -> None:
    cdn = in_front(serve(max_age_s=1, stale_while_revalidate_s=60).url)
    before = _got(cdn, "/races")[1]
    assert _waited(cdn, "/races", "STALE").content == before.content
    _waited(cdn, "/races", "HIT")
