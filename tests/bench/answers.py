"""The API's answers a second, against the same server answering a constant body of the same size.

Warm: ready answers kept in the process. Cold: the cache switched off, so that every answer is made
from the tables.
"""

import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from captures import write_seasons
from installation import BUCKET, installation, servers
from load import load
from report import Figure

from f1_ingest.synthetic import season
from f1_local.child import Child
from f1_local.ports import free_port
from f1_local.programs import program

YEAR = 2024
AIMS = {"warm": 0.6, "cold": 0.1}
ROUNDS = 5


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
                    yield _against_constant(f"{name}, {state}", ours, asked, folder, AIMS[state])


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
