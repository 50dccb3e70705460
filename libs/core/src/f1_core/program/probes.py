"""The server of /metrics, /healthz and /readyz."""

import threading
from collections.abc import Callable, Iterable
from socketserver import ThreadingMixIn
from typing import Any, Self
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import make_wsgi_app

from f1_core.errors import F1Error, SettingsError
from f1_core.program.listening import ListeningServer

Problems = Callable[[], list[str]]


class ProbeServer:
    """Serves them from threads. The response is 503 with one line per problem, if there is any.

    Args:
        alive: problems that only a restart can repair.
        ready: problems while it starts.
        port_setting: the setting of the port, for the error message.
        state: the response without problems.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        alive: Problems,
        ready: Problems,
        port_setting: str,
        state: Callable[[], str] = lambda: "ok",
    ) -> None:
        self._alive = alive
        self._ready = ready
        self._state = state
        self._metrics = make_wsgi_app()
        try:
            self._server = make_server(
                host, port, self._answer, server_class=_Server, handler_class=_Quiet
            )
        except F1Error as error:
            raise SettingsError(f"{error}: set {port_setting} to another port") from error

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self._server.server_port)

    def __enter__(self) -> Self:
        threading.Thread(
            target=self._server.serve_forever, args=(0.2,), daemon=True, name="probes"
        ).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ.get("PATH_INFO")
        if path == "/metrics":
            response: Iterable[bytes] = self._metrics(environ, start_response)
            return response
        check = {"/healthz": self._alive, "/readyz": self._ready}.get(path or "")
        if check is None:
            return _text(start_response, "404 Not Found", "try /metrics, /healthz or /readyz")
        problems = check()
        if problems:
            return _text(start_response, "503 Service Unavailable", "\n".join(problems))
        return _text(start_response, "200 OK", self._state())


def _text(start_response: Any, status: str, text: str) -> list[bytes]:
    start_response(status, [("Content-Type", "text/plain; charset=utf-8")])
    return [f"{text}\n".encode()]


class _Server(ListeningServer, ThreadingMixIn, WSGIServer):
    # One thread per connection, so that an idle client cannot block probes.
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    timeout = 5

    def log_message(self, format: str, *_: Any) -> None:  # noqa: A002 - the base class's name
        """Do not log probes."""
