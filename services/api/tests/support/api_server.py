"""The real server of the API in a thread, its client, and its service."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import uvicorn
from pydantic import SecretStr

from f1_api.app import create_app
from f1_api.server.server import configuration, listen
from f1_api.service import Service
from f1_api.settings import ApiSettings
from f1_core.settings import DatabaseSettings, LogSettings
from f1_devkit.servers.ports import LOOPBACK, free_port


class Running:
    """A server in a thread, its client, and its service."""

    def __init__(
        self, client: httpx.Client, service: Service, url: str, stop: Callable[[], None]
    ) -> None:
        self.client = client
        self.service = service
        self.url = url
        self.stop = stop

    def get(self, path: str, **headers: str) -> httpx.Response:
        """GET; `_` in a header's name stands for `-`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.get(path, headers=named)

    @property
    def metrics(self) -> str:
        """The text that Prometheus reads from the port of the metrics."""
        return self.service.metrics.render().decode()

    def json(self, path: str) -> Any:
        """The answer's body; fails the test if it is an error."""
        answer = self.client.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()


@contextlib.contextmanager
def running(url: str, **settings: Any) -> Iterator[Running]:
    """The real server on a free port, in a thread."""
    port = free_port()
    chosen = ApiSettings(host=LOOPBACK, port=port, **settings)
    app = create_app(chosen, DatabaseSettings(url=SecretStr(url)), LogSettings(level="WARNING"))
    config = configuration(app, chosen)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listen(config)],))
    thread.start()

    def stop() -> None:
        server.should_exit = True
        thread.join(timeout=20)
        assert not thread.is_alive()

    try:
        wait_for(lambda: server.started)
        with httpx.Client(base_url=f"http://{LOOPBACK}:{port}", timeout=20) as client:
            yield Running(client, app.service, f"http://{LOOPBACK}:{port}", stop)
    finally:
        stop()


def wait_for(condition: Callable[[], Any], seconds: float = 15) -> None:
    """Wait until a condition is true; fail after a time-out."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "timed out"
        time.sleep(0.01)
