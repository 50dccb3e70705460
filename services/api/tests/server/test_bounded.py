"""The cost of a request in time and memory is proportional to its size.

Its text is neither repeated in the response nor stored.
"""

import contextlib
import io
import json
import re
import socket
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa

from f1_api.auth.keys import new_key
from f1_api.ergast import grammar
from f1_api.http import negotiation
from f1_api.http.cache import AnswerCache, Entry, Key
from f1_api.http.negotiation import accepts_gzip, matches, preferred_form
from f1_api.http.proxies import TrustedProxies
from f1_api.http.request_context import Exchange
from f1_api.pages.filters import linked
from f1_api.server import access_log, problem_responses
from f1_api.server.access_log import AccessLog
from f1_core.metrics.exporter import LedgerCollector
from f1_devkit.servers.ports import LOOPBACK, free_port

ANSWERED = ("/livez", "/healthz", "/readyz", "/", "/races", "/docs", "/openapi.json",
            "/ergast/f1/2024", "/races?format=csv")  # fmt: skip
SIZE = 8_000
"""The longest line that a request may have."""
UNITS = (
    "/", "//", "/docs", "/docs=", "/races/-", "/drivers?q=", "a", "a/", "%2F", ".", "..", "-", "=",
    "&", "&format=", "key", "key=", "f1_", "f1_aaaaaaaaaaaa_", '"', 'W/"', "W/", ",", ";", ";q=",
    "q=1,", " ", "\t", "1", "2024-", "current", "current-", "last", "\x00", "\n", "bytes=", "0-",
    "-1,", "::", "[", ":",
)  # fmt: skip


def _parse(text: str) -> None:
    with contextlib.suppress(grammar.Refused):
        grammar.parse(text)


def _forwarded(text: str) -> None:
    proxies = TrustedProxies.read("10.0.0.0/8")
    assert proxies is not None
    headers = [(b"x-forwarded-for", text.encode("latin-1"))]
    proxies.apply({"client": ("10.0.0.1", 1), "scheme": "http", "headers": headers})


READERS: dict[str, Callable[[str], object]] = {
    "linked": linked,
    "gzip": lambda text: accepts_gzip(text.encode()),
    "form": lambda text: preferred_form(text.encode()),
    "etag": lambda text: matches(text.encode(), b'"a"'),
    "format": lambda text: problem_responses._FORMAT.search(text.encode()),
    "log": lambda text: access_log._query(text.encode()),
    "log of a path": access_log._without_keys,
    "exchange": lambda text: Exchange.of([(b"accept", text.encode()), (b"range", text.encode())]),
    "ergast": _parse,
    "proxies": _forwarded,
}


@pytest.mark.parametrize("name", READERS)
def test_parsing_takes_linear_time(name: str) -> None:
    """Each unit is repeated, with endings that cause backtracking: no pattern is quadratic."""
    slowest = (0.0, "")
    for unit in UNITS:
        for begin, end in (("", ""), ("/", "!"), ("/docs", ".."), ("a", "=")):
            text = begin + unit * (SIZE // len(unit)) + end
            began = time.process_time()
            READERS[name](text)
            slowest = max(slowest, (time.process_time() - began, begin + unit))
    assert slowest[0] < 0.1, slowest


@pytest.mark.parametrize(
    "path", ["/docs=" * 1300, "/races" + "/" * 7900 + "x", "/a" * 3999, "/races/" + "-" * 7900]
)
def test_refusing_an_address_takes_linear_time(api: Any, path: str) -> None:
    answer = api.get(path, accept="text/html")
    assert answer.elapsed.total_seconds() < 2
    assert answer.status_code in (200, 404)


def test_cached_headers_are_few_and_short() -> None:
    for cached in (negotiation._accepts_gzip, negotiation._preferred):
        cached.cache_clear()
    for number in range(2_000):
        accepts_gzip(b"gzip, x-%d" % number + b"a" * 8_000)
        preferred_form(b"text/csv;x=%d" % number + b"a" * 8_000)
    assert negotiation._accepts_gzip.cache_info().currsize == 0
    assert negotiation._preferred.cache_info().currsize == 0
    for written in (b"text/html, text/csv", b"TEXT/HTML,text/csv", b" text/html ,\ttext/csv"):
        assert preferred_form(written) == "csv"
    assert negotiation._preferred.cache_info().currsize == 1


def test_the_cache_counts_all_that_it_keeps() -> None:
    cache = AnswerCache(1024 * 1024)
    cache.mark_certain(60)
    link = (b"link", b"<" + b"a" * 8_000 + b">")
    for number in range(2_000):
        key = Key(f"/races/{number}", b"q" * 5_000 + str(number).encode(), None, False)
        cache.put(cache.ticket(key, 1), Entry(b"{}", [link], b'"e"', [link], "/races", dated=False))
    kept = [(key, entry) for key, (entry, _) in cache._entries.items()]
    taken = sum(
        sys.getsizeof(key.path) + sys.getsizeof(key.query) + len(entry.headers[0][1])
        for key, entry in kept
    )
    assert 0 < taken <= cache.size <= 1024 * 1024
    cache.drop()
    assert cache.size == 0


def test_unknown_parameters_are_not_repeated(api: Any) -> None:
    for accept in ("application/json", "text/html"):
        for query in ("&".join(f"p{n}=1" for n in range(1_000)), "a" * 7_000 + "=1"):
            answer = api.get(f"/races/2024-1/lap-times?{query}", accept=accept)
            assert answer.status_code == 422
            limit = 3_000 if accept == "application/json" else 9_000
            assert len(answer.content) < limit + len(api.get("/nothing", accept=accept).content)
            assert answer.text.count("this address takes") <= 2
            assert answer.text.count("a" * 200) == 0


@pytest.mark.parametrize("path", ["/nothing/" + "x" * 7_000, "/races/" + "x" * 7_000,
                                  "/drivers/" + "x" * 7_000, "/seasons/" + "x" * 7_000,
                                  "/races/2024-1/lap-times?driver=" + "x" * 7_000,
                                  "/races?season=" + "1" * 7_000, "/races?cursor=" + "x" * 7_000,
                                  "/seasons/2024/datasets/" + "x" * 7_000 + ".csv",
                                  "/ergast/f1/" + "x" * 7_000])  # fmt: skip
def test_no_refusal_repeats_what_is_long(api: Any, path: str) -> None:
    answer = api.get(path)
    assert answer.status_code in (400, 404, 422)
    assert len(answer.content) < 1_500


def test_the_documentation_is_built_once_and_has_a_limit(serve: Any) -> None:
    api = serve(keys="required", anonymous_limit="12/hour")
    for path in ("/docs", "/openapi.json"):
        first = api.get(path)
        for spelling in (path, f"{path}?", f"{path}?&&", f"/{path}/"):
            answer = api.client.get(api.url + spelling)
            assert answer.content == first.content
            assert answer.headers["cache-control"] == "private, no-cache"
    assert len(api.service.cache.fixed) == 2
    assert "f1_api_cache_hits_total 8.0" in api.metrics
    etag = api.get("/docs").headers["etag"]
    assert api.get("/docs", if_none_match=etag).status_code == 304
    assert api.get("/docs").status_code == 429
    assert api.get("/livez").status_code == 200


@pytest.mark.parametrize(
    "path",
    ["/metrics", "/metrics/", "//metrics", "/%6detrics", "/metrics?", "/./metrics", "/metrics%2F",
     "/METRICS", "/docs/../metrics", "/metrics;a", "/%2fmetrics"],
)  # fmt: skip
def test_metrics_are_not_on_the_port_of_answers(api: Any, path: str) -> None:
    host, port = api.url.removeprefix("http://").split(":")
    found = _raw(host, int(port), path)
    assert found.startswith(b"HTTP/1.1 404 ")
    assert b"process_cpu_seconds_total" not in found


def test_metrics_are_at_their_own_port(serve: Any) -> None:
    port = free_port()
    api = serve(metrics_port=port, keys="required")
    found = _raw(LOOPBACK, port, "/metrics")
    assert found.startswith(b"HTTP/1.1 200 ")
    assert b"f1_api_connections" in found
    assert _raw(LOOPBACK, port, "/races").startswith(b"HTTP/1.1 404 ")
    assert api.get("/livez").status_code == 200


def test_a_scrape_of_a_hanging_database_delays_no_answer(serve: Any) -> None:
    port = free_port()
    with socket.create_server((LOOPBACK, 0)) as silent:
        api = serve(metrics_port=port)
        api.service.metrics.registry.unregister(api.service.ledger)
        url = f"postgresql+psycopg2://f1@{LOOPBACK}:{silent.getsockname()[1]}/f1"
        LedgerCollector(sa.create_engine(url)).register(api.service.metrics.registry)
        with ThreadPoolExecutor() as pool:
            began = time.monotonic()
            scrape = pool.submit(_raw, LOOPBACK, port, "/metrics")
            answered = 0
            while not scrape.done():
                assert api.get("/livez").status_code == 200
                answered += 1
            assert answered > 2, "the scrape waits for 1.5 s"
            assert time.monotonic() - began < 3
    assert b"\nf1_database_up 0.0\n" in scrape.result()
    assert b"f1_ledger" not in scrape.result()


def test_a_scrape_shows_the_ledger_the_database_and_the_build(api: Any) -> None:
    text = api.metrics
    assert "\nf1_database_up 1.0\n" in text
    assert "\nf1_database_schema_accepted 1.0\n" in text
    assert 'f1_ledger_captures{state="pending"}' in text
    assert 'f1_build_info{program="f1-api"' in text


def _raw(host: str, port: int, target: str) -> bytes:
    with socket.create_connection((host, port), timeout=10) as connection:
        request = f"GET {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        connection.sendall(request.encode())
        received = b""
        while part := connection.recv(65536):
            received += part
        return received


def test_a_key_in_an_address_is_in_no_log() -> None:
    key = new_key().text
    written = io.StringIO()
    log = AccessLog("json", "INFO", written)
    spelled = "".join(f"%{ord(letter):02x}" for letter in key)
    queries = [f"api_key={key}", f"a=1&API%5FKEY={key}", f"token={key[:20]}", key, f"q={spelled}",
               "%61pi_key=short", f"x-api-key={key}&b=2"]  # fmt: skip
    for path, query in [*(("/races", query) for query in queries), (f"/races/{key}", "")]:
        scope = {"method": "GET", "path": path, "query_string": query.encode(), "client": None}
        log._lines.append(b"")  # not the first line, so no timer of an event loop is needed
        log.log(scope, Exchange.of([]), 0.1)
    log.flush()
    text = written.getvalue()
    secret = key.rpartition("_")[2]
    assert secret not in text
    assert spelled not in text
    assert "short" not in text
    assert key[:20] not in text
    lines = [json.loads(line) for line in text.splitlines() if line]
    assert lines[1]["query"] == "a=1&API%5FKEY=..."


def test_a_key_in_an_address_is_in_no_answer(api: Any) -> None:
    key = new_key().text
    for path in (f"/races?api_key={key}", f"/docs?api_key={key}", f"/ergast/f1/2024?api_key={key}",
                 f"/nothing?api_key={key}"):  # fmt: skip
        for accept in ("application/json", "text/html"):
            answer = api.get(path, accept=accept)
            assert key not in answer.text
            assert key not in str(answer.headers)


def test_every_answer_has_nosniff(serve: Any) -> None:
    api = serve(origins="https://app.example")
    for path in (*ANSWERED, "/nothing", "/races?x=1", "/ergast/f1/x/y"):
        for accept in ("application/json", "text/html"):
            answer = api.get(path, accept=accept)
            assert answer.headers["x-content-type-options"] == "nosniff", path
    assert api.client.post("/races").headers["x-content-type-options"] == "nosniff"
    request = {"Origin": "https://app.example", "Access-Control-Request-Method": "GET"}
    preflight = api.client.options("/races", headers=request)
    assert preflight.headers["x-content-type-options"] == "nosniff"


def test_a_spreadsheet_gets_no_formulas_and_programs_get_the_data(serve: Any, season: Any) -> None:
    season.execute("UPDATE drivers SET family_name = '=HYPERLINK(1)' WHERE driver_id = 'ada'")
    season.execute("UPDATE drivers SET family_name = '@x' WHERE driver_id = 'bruno'")
    season.notify()
    api = serve(cache_mb=0)
    for path in ("/drivers", "/seasons/2024/datasets/drivers.csv"):
        raw = api.get(f"{path}?format=csv").text
        assert ",=HYPERLINK(1)" in raw
        assert "'" not in raw
        answer = api.get(f"{path}?format=spreadsheet")
        assert answer.headers["content-type"].startswith("text/csv")
        assert ",'=HYPERLINK(1)" in answer.text
        assert ",'@x" in answer.text
        assert not re.search(r",[=@]", answer.text)
        assert answer.text.replace("'", "") == raw
