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
            for name, asked in paths.items():
                with _serving("f1-api", [], folder, settings) as port:
                    ours = load(port, asked)
                    size = len(_body(port, asked[0]))
                constant = ["constant:app", "--app-dir", str(Path(__file__).parent)]
                constant += ["--log-level", "error", "--no-access-log"]
                with _serving("uvicorn", constant, folder, {"SIZE": str(size)}) as port:
                    reference = load(port, ["/"])
                yield Figure(
                    f"{name}, {state} ({size // 1000} kB, p99 {ours.p99_ms:.1f} ms)",
                    f"{ours.answers_per_s:,.0f}/s",
                    "a constant body",
                    f"{reference.answers_per_s:,.0f}/s",
                    ours.answers_per_s / reference.answers_per_s,
                    AIMS[state],
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
