"""A real Alertmanager with a real configuration, and the services that it notifies."""

import json
import threading
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import yaml

from f1_devkit.servers.child import Child
from f1_devkit.servers.http_thread import Handler, HttpThread
from f1_devkit.servers.ports import LOOPBACK, free_port

Notification = dict[str, Any]
PATIENCE_S = 30.0


class Services:
    """PagerDuty (Events API v2), Slack and a heartbeat: received notifications by path."""

    def __init__(self) -> None:
        self.received: list[tuple[str, Notification]] = []
        self._changed = threading.Condition()
        services = self

        class Receive(Handler):
            def do_POST(self) -> None:  # noqa: N802 - http.server's name
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                services.note(self.path.strip("/"), body)
                self.answer(202 if self.path == "/pagerduty" else 200, {}, b'{"status":"success"}')

        self._server = HttpThread(Receive)
        self.url = self._server.address

    def note(self, service: str, body: Notification) -> None:
        """Keep a notification."""
        with self._changed:
            self.received.append((service, body))
            self._changed.notify_all()

    def of(self, service: str) -> list[Notification]:
        """All notifications to a service, in order."""
        return [body for name, body in self.received if name == service]

    def wait(self, found: Callable[[], bool], what: str) -> None:
        """Wait until something was received."""
        with self._changed:
            assert self._changed.wait_for(found, PATIENCE_S), f"not received: {what}"

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()


class Alertmanager:
    """An Alertmanager process that notifies `services`."""

    def __init__(
        self, program: Path, config: Mapping[str, Any], services: Services, folder: Path
    ) -> None:
        """Prepare it.

        Args:
            config: as in production; its addresses and secret files become those of `services`, and
                waits for groups become one second.
        """
        port = free_port()
        file = folder / "alertmanager.yaml"
        file.write_text(yaml.safe_dump(_local(config, services.url, folder)))
        self._url = f"http://{LOOPBACK}:{port}/api/v2"
        self._child = Child(
            "alertmanager",
            [
                program,
                f"--config.file={file}",
                f"--storage.path={folder / 'data'}",
                f"--web.listen-address={LOOPBACK}:{port}",
                "--cluster.listen-address=",
            ],
            directory=folder,
        )

    def send(self, alerts: Sequence[Mapping[str, Any]], *, resolved: bool = False) -> None:
        """Post alerts as Prometheus does; each has `labels` and `annotations`."""
        now = datetime.now(UTC).isoformat()
        ends = {"endsAt": now} if resolved else {}
        self._request("/alerts", [{**one, **ends} for one in alerts])

    def suppressed(self) -> set[str]:
        """Names of the alerts that another one inhibits."""
        alerts = self._request("/alerts")
        return {one["labels"]["alertname"] for one in alerts if one["status"]["inhibitedBy"]}

    def _request(self, path: str, body: Any = None) -> Any:
        request = urllib.request.Request(
            self._url + path,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10) as response:
            text = response.read()
        return json.loads(text) if text else None

    def __enter__(self) -> Self:
        self._child.start()
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                self._request("/status")
            except OSError:
                assert self._child.running, self._child.log.read_text()
                assert time.monotonic() < deadline, "Alertmanager does not answer"
                time.sleep(0.05)
            else:
                return self

    def __exit__(self, *_: object) -> None:
        self._child.stop()


def _local(config: Mapping[str, Any], url: str, folder: Path) -> dict[str, Any]:
    """The configuration with the addresses of local services."""
    local: dict[str, Any] = json.loads(json.dumps(config))
    local["global"]["pagerduty_url"] = f"{url}/pagerduty"
    files = {"routing_key_file": "key", "api_url_file": f"{url}/slack"}
    for receiver in local["receivers"]:
        for one in receiver.get("pagerduty_configs", []) + receiver.get("slack_configs", []):
            for name in files.keys() & one.keys():
                secret = folder / name
                secret.write_text(files[name])
                one[name] = str(secret)
        for one in receiver.get("webhook_configs", []):
            (folder / "token").write_text("token")
            one["url"] = f"{url}/heartbeat"
            one["http_config"]["authorization"]["credentials_file"] = str(folder / "token")
    routes = [local["route"], *local["route"]["routes"]]
    for route in routes:
        if "group_wait" in route:
            route["group_wait"] = "1s"
        if "group_interval" in route:
            route["group_interval"] = "1s"
    return local
