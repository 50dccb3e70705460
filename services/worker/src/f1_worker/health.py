"""/metrics, /healthz and /readyz of a worker.

/healthz proves that the loop turns and that no other thread ended: a worker that hangs is to be
restarted. /readyz proves besides that it has begun, so that a rollout waits for it.
"""

import threading
import time
from collections.abc import Callable, Iterable
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING, Self
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import make_wsgi_app

from f1_core.errors import F1Error, SettingsError
from f1_core.program.listening import ListeningServer

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment


class HealthServer:
    """Serves from a thread; port 0 takes a free one."""

    def __init__(
        self,
        host: str,
        port: int,
        turned_at: Callable[[], float],
        stall_s: float,
        problems: Callable[[], list[str]] = list,
    ) -> None:
        """Listen.

        Args:
            turned_at: tells the monotonic time at which the loop last turned.
            stall_s: a loop that did not turn for so long is not alive.
            problems: what else only a restart mends, a sentence each.
        """
        self._turned_at = turned_at
        self._made_at = turned_at()
        self._stall_s = stall_s
        self._problems = problems
        self._metrics = make_wsgi_app()
        try:
            self._server = make_server(host, port, self._answer, _Server, _Quiet)
        except F1Error as error:
            raise SettingsError(f"{error}: set F1_WORKER_METRICS_PORT to another port") from error
        self.port = self._server.server_port
        self._thread = threading.Thread(
            target=self._server.serve_forever, name="health", daemon=True
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _answer(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        path = environ.get("PATH_INFO")
        if path == "/metrics":
            return self._metrics(environ, start_response)  # type: ignore[no-any-return]
        turned_at = self._turned_at()
        if path == "/readyz" and turned_at == self._made_at:
            status, body = "503 Service Unavailable", "the loop has not started\n"
        elif path in ("/healthz", "/readyz"):
            idle = time.monotonic() - turned_at
            problems = self._problems()
            well = idle < self._stall_s and not problems
            status = "200 OK" if well else "503 Service Unavailable"
            body = "\n".join([f"the loop's last iteration was {idle:.1f} s ago", *problems, ""])
        else:
            status, body = "404 Not Found", "available: /metrics, /healthz and /readyz\n"
        start_response(status, [("Content-Type", "text/plain; charset=utf-8")])
        return [body.encode()]


class _Server(ListeningServer, ThreadingMixIn, WSGIServer):
    # A thread for each who asks: one that connects and says nothing must not keep a probe waiting.
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    timeout = 5

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as it is named there
        """Say nothing: probes come every few seconds."""
