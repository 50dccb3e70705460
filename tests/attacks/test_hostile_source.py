"""A source that sends compression bombs and endless answers to f1-ingest."""

import gzip
import itertools
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from f1_devkit.programs.installation import Installation
from f1_devkit.servers.hostile_source import HostileSource, whole_response

MB = 2**20
OK = b"HTTP/1.1 200 OK\r\n"
BOMB = gzip.compress(bytes(500 * MB))
ANSWERS: dict[str, Callable[[], Iterable[bytes]]] = {
    "a body that unpacks to 500 MB": lambda: whole_response(BOMB, "Content-Encoding: gzip"),
    "a body packed twice": lambda: whole_response(
        gzip.compress(BOMB), "Content-Encoding: gzip, gzip"
    ),
    "a body without end": lambda: itertools.chain([OK + b"\r\n"], itertools.repeat(b"x" * MB)),
    "headers without end": lambda: itertools.chain([OK], itertools.repeat(b"X: y\r\n" * 10_000)),
    "103 without end": lambda: itertools.repeat(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 1000),
    "deep JSON": lambda: whole_response(b"[" * 5 * MB),
}


@pytest.mark.parametrize("kind", ANSWERS)
def test_a_hostile_answer_ends_with_one_sentence(kind: str, installation: Installation) -> None:
    """The program ends with one sentence, and needs little more memory than at its start."""
    with HostileSource(lambda target: ANSWERS[kind]()) as server:
        environment = {
            **installation.environment,
            "F1_SYNTHETIC_URL": server.url,
            "F1_HTTP_TIMEOUT_S": "3",
            "F1_HTTP_PATIENCE_S": "1",
        }
        program = str(Path(sys.executable).with_name("f1-ingest"))
        command = [program, "round", "--source", "synthetic", "--season", "2023", "--round", "1"]
        with tempfile.TemporaryFile("w+") as stderr_file:
            run = subprocess.Popen(command, env=environment, stderr=stderr_file)
            resource.prlimit(run.pid, resource.RLIMIT_AS, (3000 * MB, 3000 * MB))
            _, status, used = os.wait4(run.pid, 0)
            run.returncode = os.waitstatus_to_exitcode(status)
            stderr_file.seek(0)
            words = stderr_file.read()
    print(f"{kind}: {used.ru_maxrss / 1024:.0f} MB at most")  # noqa: T201 - with pytest -s
    assert run.returncode in (1, 3), words
    assert "Traceback" not in words
    assert used.ru_maxrss < 250 * 1024
