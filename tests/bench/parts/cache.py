"""A hit in the API's cache, relative to one round trip to Redis for the same bytes.

Redis is Debian's redis-server, from PATH or unpacked from its package. The client is a bare socket
on the loopback address, without the time of a library or a network. So the reference is the minimal
cost of a shared cache.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

from measured.report import Figure

from f1_api.http.cache import AnswerCache, Entry, Key
from f1_devkit.servers.ports import LOOPBACK, free_port

SIZE = 72_000
"""Bytes of a race's laps as JSON."""
REPEATS = 20_000
PACKAGES = (
    *("redis-server", "redis-tools"),
    *("libjemalloc2", "liblua5.1-0", "liblzf1", "lua-bitop", "lua-cjson"),
)
KEY = Key("/races/2024-1/lap-times", b"", None, gzip=False)


def cache() -> Iterator[Figure]:
    """Hits of both, alternately."""
    answers = AnswerCache(2 * SIZE)
    answers.mark_certain(3600.0)
    entry = Entry(b"x" * SIZE, [], b'"etag"', [], "laps", dated=False)
    answers.put(answers.ticket(KEY, 1), entry)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="f1-redis-")))
        server = _server(folder)
        if server is None:
            print("cache: left out, no redis-server and no apt-get", file=sys.stderr)  # noqa: T201
            return
        port = free_port()
        options = ["--port", str(port), "--bind", LOOPBACK, "--save", "", "--dir", str(folder)]
        process = subprocess.Popen(
            [server, *options], stdout=subprocess.DEVNULL, env=_environment(folder)
        )
        stack.callback(process.wait)
        stack.callback(process.terminate)
        redis = stack.enter_context(closing(_connect(port)))
        redis.sendall(b"*3\r\n$3\r\nSET\r\n$4\r\nlaps\r\n$%d\r\n%s\r\n" % (SIZE, entry.body))
        assert redis.recv(5) == b"+OK\r\n"
        rounds = [
            (_each(lambda: answers.get(KEY, 1)), _each(lambda: _get(redis))) for _ in range(5)
        ]
    ratios = sorted((redis_s / hit_s, hit_s, redis_s) for hit_s, redis_s in rounds)
    ratio, hit_s, redis_s = ratios[len(ratios) // 2]
    yield Figure(
        f"a hit in the API's own cache ({SIZE / 1000:.0f} kB)",
        f"{hit_s * 1e6:.2f} us",
        "GET of the same bytes from Redis",
        f"{redis_s * 1e6:.0f} us",
        ratio,
    )


def _each(call: Callable[[], object]) -> float:
    """Average seconds of one call."""
    start = time.perf_counter()
    for _ in range(REPEATS):
        assert call()
    return (time.perf_counter() - start) / REPEATS


def _get(redis: socket.socket) -> int:
    """One GET; returns the number of received bytes."""
    redis.sendall(b"*2\r\n$3\r\nGET\r\n$4\r\nlaps\r\n")
    missing = SIZE + len(b"$%d\r\n" % SIZE) + 2
    read = 0
    while read < missing:
        read += len(redis.recv(1 << 20))
    return read


def _connect(port: int) -> socket.socket:
    deadline = time.monotonic() + 30
    while True:
        try:
            connection = socket.create_connection((LOOPBACK, port))
        except ConnectionRefusedError:
            assert time.monotonic() < deadline, "redis-server did not start"
            time.sleep(0.05)
        else:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return connection


def _server(folder: Path) -> str | None:
    """Path of redis-server, unpacked from Debian's packages if it is not installed."""
    found = shutil.which("redis-server")
    if found or not shutil.which("apt-get"):
        return found
    download = ["apt-get", "download", "--quiet=2", *PACKAGES]
    subprocess.run(download, cwd=folder, check=True, stderr=subprocess.DEVNULL)
    for package in folder.glob("*.deb"):
        subprocess.run(["dpkg-deb", "-x", str(package), str(folder)], check=True)
    return str(folder / "usr" / "bin" / "redis-server")


def _environment(folder: Path) -> dict[str, str]:
    """The environment with the folders of unpacked libraries, which may be empty."""
    libraries = {str(path.parent) for path in folder.rglob("*.so*")}
    return {**os.environ, "LD_LIBRARY_PATH": ":".join(sorted(libraries))}
