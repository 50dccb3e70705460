"""Gives every test the real Postgres, S3, source and kube-apiserver of f1_devkit's plugins.

Here and not as `-p` in pyproject.toml, so that coverage measures what the plugins import, too.
"""

import gzip
import json
import operator
import os
import signal
import ssl
import sys
from functools import cache
from typing import Any

import httpx
import pytest
import structlog
from httpx._transports import default as transports
from hypothesis import settings
from hypothesis.internal.charmap import charmap_file
from xdist.scheduler import LoadScopeScheduling

pytest_plugins = [
    "f1_devkit.pytest_plugins.servers",
    "f1_devkit.pytest_plugins.kubernetes",
    "f1_devkit.pytest_plugins.monitoring",
    "f1_devkit.pytest_plugins.recorded",
]

# The folder operator/ has the name of a module of Python's own. pytest imports a test by its path
# from here, operator.tests.test_x, and would put a package made of the folder in that module's
# place, had it not a __path__ like a package.
operator.__path__ = []

# How long an example takes says something of the machine, and nothing of the code.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

# With rich installed, structlog's default for what configures no logs draws a table of all local
# variables of an exception, for a second of the processor.
structlog.dev.ConsoleRenderer.get_active().exception_formatter = structlog.dev.plain_traceback

# A shell that starts the tests in the background ignores Ctrl-C, and so would every program that
# they start, though many tests are about just that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# kube-apiserver, helm, promtool and the S3 server, written in Go, collect garbage whenever their
# heap has doubled. With a heap of up to five times they need a sixth less of the processor.
os.environ.setdefault("GOGC", "400")


@cache
def tls_context(*_named: str | None) -> ssl.SSLContext:
    """With the authorities of the environment."""
    return httpx.create_ssl_context()


def shared_tls_context(**options: Any) -> ssl.SSLContext:
    """As httpx makes it. Each client would read all authorities, for 35 ms of the processor, and
    tests make a thousand clients.
    """
    if options != {"verify": True, "cert": None, "trust_env": True}:
        return httpx.create_ssl_context(**options)
    return tls_context(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))


transports.create_ssl_context = shared_tls_context


@pytest.hookimpl(trylast=True)  # hypothesis must have started
def pytest_sessionstart() -> None:
    """Write which characters UTF-8 can encode, as hypothesis keeps it. In a new checkout each
    process would try all of them, for four seconds of the processor.
    """
    file = charmap_file("codec-v2-utf-8")
    if not file.exists():
        encodable = [[0, 0xD7FF], [0xE000, sys.maxunicode]]
        file.parent.mkdir(parents=True, exist_ok=True)
        written = file.with_suffix(f".{os.getpid()}")
        written.write_bytes(gzip.compress(json.dumps([encodable, []]).encode()))
        written.replace(file)


# Folders and files whose tests share a server that needs seconds of the processor to start.
SHARED_SERVERS = {
    "kube-apiserver": (
        "operator/tests/",
        "jenkins/tests/",
        "devkit/tests/kubernetes/",
        "charts/tests/operator/",
        "charts/tests/inputs/test_refusals.py",
        "charts/tests/test_schemas.py",
    ),
    "aws": ("infra/tests/",),
}


class TogetherByServer(LoadScopeScheduling):  # type: ignore[misc] - has no types
    """Runs the tests of a shared server, and otherwise the tests of a file, in one process."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        for server, paths in SHARED_SERVERS.items():
            if file.startswith(paths):
                return server
        return file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling | None:
    """Schedule with :class:`TogetherByServer` for `--dist loadscope`."""
    return TogetherByServer(config, log) if config.getoption("dist") == "loadscope" else None
