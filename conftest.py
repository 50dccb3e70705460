"""Gives every test the real Postgres, S3, source and kube-apiserver of f1_devkit's plugins.

Here and not as `-p` in pyproject.toml, so that coverage measures what the plugins import, too.
"""

import operator
import os
import signal
import ssl
from functools import cache
from typing import Any

import httpx
import pytest
import structlog
from httpx._transports import default as transports
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

pytest_plugins = [
    "f1_devkit.pytest_plugins.servers",
    "f1_devkit.pytest_plugins.kubernetes",
    "f1_devkit.pytest_plugins.monitoring",
    "f1_devkit.pytest_plugins.recorded",
]

# The folder operator/ has the name of a module of Python's standard library. pytest imports a test
# by its path, operator.tests.test_x; without a __path__ of that module, pytest would replace it.
operator.__path__ = []

# The time of an example depends on the machine.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

# Before logs are configured, structlog uses rich to draw a table of all local variables of each
# exception, which needs up to a second of processor time.
structlog.dev.ConsoleRenderer.get_active().exception_formatter = structlog.dev.plain_traceback

# A shell that starts the tests in the background ignores these signals, and programs that tests
# start would inherit this.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGQUIT, signal.SIG_DFL)

# kube-apiserver, helm, promtool and the S3 server, written in Go, collect garbage whenever their
# heap has doubled. With a heap of up to five times they need a sixth less of the processor.
os.environ.setdefault("GOGC", "400")


@cache
def _tls_context(*_environment: str | None) -> ssl.SSLContext:
    return httpx.create_ssl_context()


def shared_tls_context(**options: Any) -> ssl.SSLContext:
    """A TLS context as httpx creates it; shared by all clients without options of their own.

    Tests create a thousand clients, and each would read all public authorities for 35 ms.
    """
    if options != {"verify": True, "cert": None, "trust_env": True}:
        return httpx.create_ssl_context(**options)
    return _tls_context(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))


transports.create_ssl_context = shared_tls_context


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


class TogetherByServer(LoadScopeScheduling):
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
