"""An HTTP proxy in front of an apiserver, which answers watches and lists with errors."""

import http.client
import json
import socket
import ssl
import threading
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import parse_qs, urlsplit

import yaml

from f1_devkit.kubernetes.apiserver import ApiServer
from f1_devkit.servers.http_thread import Handler, HttpThread

Fault = Literal["status of a watch", "event in a watch", "event in one watch", "status of a list"]


class GoneProxy:
    """Forwards all requests; after `begin`, answers some with an error.

    Attributes:
        refused: number of requests that were answered with an error.
    """

    def __init__(self, server: ApiServer) -> None:
        config = yaml.safe_load(server.kubeconfig.read_text())
        self._config = config
        authority = config["clusters"][0]["cluster"]["certificate-authority"]
        self._context = ssl.create_default_context(cafile=authority)
        self._port = server.port
        self._fault: Fault | None = None
        self._code = 410
        self._streams: set[socket.socket] = set()
        self._lock = threading.Lock()
        self.refused = 0
        self._thread = HttpThread(self._handler())

    def kubeconfig(self, path: Path) -> Path:
        """Write a kubeconfig with the proxy's address."""
        self._config["clusters"][0]["cluster"] = {"server": self._thread.address}
        path.write_text(json.dumps(self._config))
        return path

    def begin(self, fault: Fault, code: int) -> None:
        """Start to answer with that code, and end every watch, so that new ones are requested."""
        self._code, self._fault, self.refused = code, fault, 0
        with self._lock:
            for stream in self._streams:
                stream.shutdown(socket.SHUT_RDWR)

    def end(self) -> None:
        """Forward all requests again."""
        self._fault = None

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            for stream in self._streams:
                stream.shutdown(socket.SHUT_RDWR)
        self._thread.stop()

    def _handler(self) -> type[Handler]:
        proxy = self

        class Forward(Handler):
            def _forward(self) -> None:
                proxy.forward(self)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _forward  # noqa: N815 - its parent's

        return Forward

    def forward(self, client: Handler) -> None:
        length = int(client.headers.get("Content-Length") or 0)
        body = client.rfile.read(length) if length else None
        url = urlsplit(client.path)
        watch = "watch" in parse_qs(url.query)
        # Only kopf's requests: the operator retries its own lists.
        list_ = client.command == "GET" and not watch and "kopf" in client.headers["User-Agent"]
        is_watched = url.path.endswith(("/seasons", "/jobs"))
        if is_watched and watch and self._fault == "event in one watch":
            self.refused += 1
            if url.path.endswith("/jobs"):
                client.drop()
            else:
                event = {"type": "ERROR", "object": self._status(self._code)}
                client.answer(200, _JSON, json.dumps(event).encode() + b"\n")
        elif is_watched and watch and self._fault in ("event in a watch", "status of a list"):
            # After such an end of a watch, kopf requests a list.
            code = self._code if self._fault == "event in a watch" else 410
            self.refused += self._fault == "event in a watch"
            event = {"type": "ERROR", "object": self._status(code)}
            client.answer(200, _JSON, json.dumps(event).encode() + b"\n")
        elif is_watched and (
            (watch and self._fault == "status of a watch")
            or (list_ and self._fault == "status of a list")
        ):
            self.refused += 1
            client.answer(self._code, _JSON, json.dumps(self._status(self._code)).encode())
        else:
            self._pass_on(client, body, watch=watch)

    @staticmethod
    def _status(code: int) -> dict[str, Any]:
        message = "too old resource version: 1 (2)"
        status = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message}
        return {**status, "metadata": {}, "reason": "Expired", "code": code}

    def _pass_on(self, client: Handler, body: bytes | None, *, watch: bool) -> None:
        server = http.client.HTTPSConnection(
            "127.0.0.1", self._port, timeout=120, context=self._context
        )
        kept = {"Host", "Content-Length", "Accept-Encoding", "Connection"}
        headers = {name: value for name, value in client.headers.items() if name not in kept}
        try:
            server.request(client.command, client.path, body, headers)
            answer = server.getresponse()
            if watch:
                self._stream(client, server, answer)
            else:
                client.answer(answer.status, _JSON, answer.read())
        except OSError:
            client.drop()  # the apiserver or the client went away
        finally:
            server.close()

    def _stream(self, client: Handler, server: Any, answer: http.client.HTTPResponse) -> None:
        with self._lock:
            self._streams.add(server.sock)
        try:
            client.close_connection = True
            client.send_response(answer.status)
            client.send_header("Content-Type", "application/json")
            client.send_header("Connection", "close")
            client.end_headers()
            while data := answer.read1(65536):
                client.wfile.write(data)
                client.wfile.flush()
        finally:
            with self._lock:
                self._streams.discard(server.sock)


_JSON = {"Content-Type": "application/json"}
