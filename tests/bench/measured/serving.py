"""The measured servers: the API, and the constant body as reference."""

import gzip
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from f1_devkit.programs.processes import program
from f1_devkit.servers.child import Child
from f1_devkit.servers.ports import free_port


class Answer(NamedTuple):
    """An answer: its media type, its decoded body, and the number of sent bytes."""

    media_type: str
    body: bytes
    sent: int


def metrics_port(port: int) -> int:
    """The port of the metrics of the API at a port."""
    return port + 20_000


@contextmanager
def api(folder: Path, environment: Mapping[str, str]) -> Iterator[int]:
    """Run the API; yields its port. Its metrics are at :func:`metrics_port` of it."""
    port = free_port()
    ports = {"F1_API_PORT": str(port), "F1_API_METRICS_PORT": str(metrics_port(port))}
    settings = {**environment, **ports}
    with program("f1-api", directory=folder, environment=settings) as server:
        _wait(server, port, "/healthz")
        yield port


@contextmanager
def constant(folder: Path) -> Iterator[int]:
    """The same HTTP server with a constant body of the length in its path."""
    port = free_port()
    arguments = ["constant:app", "--app-dir", str(Path(__file__).parent), "--port", str(port)]
    arguments += ["--log-level", "error", "--no-access-log"]
    with program("uvicorn", *arguments, directory=folder, environment={}) as server:
        _wait(server, port, "/")
        yield port


def get(port: int, path: str, headers: Mapping[str, str] | None = None) -> Answer:
    """Send one request.

    Raises:
        urllib.error.HTTPError: an answer other than 200.
    """
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=dict(headers or {}))
    with urllib.request.urlopen(request, timeout=30) as answer:
        sent = answer.read()
        packed = answer.headers.get("content-encoding") == "gzip"
        media_type = answer.headers.get_content_type()
        return Answer(media_type, gzip.decompress(sent) if packed else sent, len(sent))


def _wait(server: Child, port: int, probe: str) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            get(port, probe)
        except OSError as error:
            if not server.running or time.monotonic() > deadline:
                raise server.failed("did not answer") from error
            time.sleep(0.1)
        else:
            return
