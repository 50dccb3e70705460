"""An HTTP server in a thread, for the stand-in source and the S3 fault proxy."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from f1_core.errors import F1Error
from f1_devkit.servers.ports import LOOPBACK, free_port
from f1_devkit.servers.startable import Startable


class Handler(BaseHTTPRequestHandler):
    """Keeps connections open, sends each response in one write, and logs nothing."""

    protocol_version = "HTTP/1.1"
    timeout = 60
    # Send header and body in one packet: the second of two would wait for the acknowledgement of
    # the first one (Nagle), 40 ms per response.
    wbufsize = -1
    disable_nagle_algorithm = True

    def answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        """Send a whole response; Content-Length is added unless `headers` has one."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if "Content-Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self.wfile.flush()

    def handle_expect_100(self) -> bool:
        """Send 100 Continue at once, for which boto3 would otherwise wait a second."""
        continues = super().handle_expect_100()
        self.wfile.flush()
        return continues

    def drop(self) -> None:
        """Close the connection without a response."""
        self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Log nothing; the servers have their own logs."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # The default of 5 refuses connections when a test starts many at once.
    request_queue_size = 256

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Do not report a client that disconnected, as a test may kill it."""


class HttpThread(Startable):
    """Serves one kind of handler until :meth:`stop`."""

    def __init__(
        self, handler: type[Handler], port: int | None = None, host: str = LOOPBACK
    ) -> None:
        """Bind to `port` of the address `host`, by default a free one; nothing is served yet.

        Raises:
            F1Error: the port is in use.
        """
        chosen = port if port is not None else free_port()
        try:
            self._server = _Server((host, chosen), handler)
        except OSError as error:
            why = f"cannot listen at {host}:{chosen}: {error.strerror}: choose another --port"
            raise F1Error(why) from error
        self._thread: threading.Thread | None = None

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._server.server_address[1])

    @property
    def address(self) -> str:
        """Its URL, without a slash at the end."""
        return f"http://{LOOPBACK}:{self.port}"

    def start(self) -> None:
        """Serve from its own thread."""
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )
        self._thread.start()

    def serve(self) -> None:
        """Serve from this thread until interrupted."""
        self._server.serve_forever(poll_interval=0.2)

    def stop(self) -> None:
        """Stop serving and close the socket."""
        if self._thread is not None:
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()
