"""The API's answers a second, against the same server answering a constant body of the same size.

Warm: ready answers kept in the process. Cold: the cache switched off, so that every answer is made
from the tables.
"""

import re
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from captures import write_seasons
from installation import BUCKET, installation, servers
from load import load
from report import Figure
from work import postgres_s

from f1_ingest.synthetic import season
from f1_local.child import Child
from f1_local.ports import free_port
from f1_local.postgres import Postgres
from f1_local.programs import program

YEAR = 2024
AIMS = {"warm": 0.6, "cold": 0.1}
ROUNDS = 5
_COUNTED = re.compile(r"^http_requests_total\{.*\} (\S+)$", re.MULTILINE)
_CPU = re.compile(r"^process_cpu_seconds_total (\S+)$", re.MULTILINE)


def answers() -> Iterator[Figure]:
    """Laps of a race and statistics of a driver, warm and cold."""
    drivers = list(season(YEAR).drivers)[:10]
    paths = {
        "/races/{id}/lap-times": [f"/races/{YEAR}-{n}/lap-times" for n in range(1, 11)],
        "/drivers/{id}/stats": [f"/drivers/{driver}/stats" for driver in drivers],
    }
    with servers() as (folder, postgres, s3):
        place = installation(postgres, s3, "f1")
        with s3.store(BUCKET) as store:
            write_seasons(store, [YEAR], ["results", "laps", "pitstops"])
        place.run("f1-worker", "run", "--drain")
        for state, cache_mb in (("warm", "64"), ("cold", "0")):
            settings = place.environment | {"F1_API_CACHE_MB": cache_mb}
            with _serving("f1-api", [], folder, settings) as ours:
                for name, asked in paths.items():
                    before = _work(postgres, ours)
                    figure = _against_constant(f"{name}, {state}", ours, asked, folder, AIMS[state])
                    yield replace(figure, limit=_limit(before, _work(postgres, ours)))


class _Work(NamedTuple):
    answers: float
    postgres_s: float
    cpu_s: float


def _work(postgres: Postgres, port: int) -> _Work:
    metrics = _body(port, "/metrics").decode()
    answered = sum(float(number) for number in _COUNTED.findall(metrics))
    [cpu_s] = _CPU.findall(metrics)
    return _Work(answered, postgres_s(postgres, "f1"), float(cpu_s))


def _limit(before: _Work, after: _Work) -> str:
    number = after.answers - before.answers
    api_ms, postgres_ms = (
        1000 * (now - then) / number
        for now, then in ((after.cpu_s, before.cpu_s), (after.postgres_s, before.postgres_s))
    )
    return (
        f"an answer costs {api_ms:.3f} ms of the API's one processor,"
        f" and {postgres_ms:.3f} ms of statements in Postgres"
    )


def _against_constant(name: str, ours: int, paths: list[str], folder: Path, aim: float) -> Figure:
    """Both servers in turn, a few times: what else the machine does hits both."""
    size = sum(len(_body(ours, path)) for path in paths) // len(paths)
    arguments = ["constant:app", "--app-dir", str(Path(__file__).parent)]
    arguments += ["--log-level", "error", "--no-access-log"]
    with _serving("uvicorn", arguments, folder, {"SIZE": str(size)}) as constant:
        loads = [(load(ours, paths), load(constant, ["/"])) for _ in range(ROUNDS)]
    ratios = [measured.answers_per_s / reference.answers_per_s for measured, reference in loads]
    middle = ratios.index(sorted(ratios)[ROUNDS // 2])
    measured, reference = loads[middle]
    return Figure(
        f"{name} ({size / 1000:.0f} kB, p99 {measured.p99_ms:.1f} ms)",
        f"{measured.answers_per_s:,.0f}/s",
        "a constant body",
        f"{reference.answers_per_s:,.0f}/s",
        ratios[middle],
        aim,
    )


def _body(port: int, path: str) -> bytes:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
        content: bytes = answer.read()
    return content


@contextmanager
def _serving(
    name: str, arguments: Sequence[str], folder: Path, environment: dict[str, str]
) -> Iterator[int]:
    port = free_port()
    where = ["--port", str(port)] if name == "uvicorn" else []
    settings = environment | {"F1_API_PORT": str(port)}
    with program(name, *arguments, *where, directory=folder, environment=settings) as server:
        _wait(server, port)
        yield port


def _wait(server: Child, port: int) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            _body(port, "/healthz")
        except OSError as error:
            if not server.running or time.monotonic() > deadline:
                raise server.failed("did not answer") from error
            time.sleep(0.1)
        else:
            return
