"""An installation's API, and requests to it over HTTP."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from f1_devkit.programs.installation import Installation
from f1_devkit.servers.ports import LOOPBACK, free_port


@dataclass
class Served:
    """A server's installation, and its `/ergast/f1`.

    Attributes:
        url: of `/ergast/f1`, without a slash at the end.
    """

    installation: Installation
    client: httpx.Client
    url: str

    def get(self, path: str, **query: int | str) -> httpx.Response:
        """The response to a path below `/ergast/f1`."""
        return self.client.get(f"/ergast/f1{path}", params=query)

    def mrdata(self, path: str, **query: int | str) -> dict[str, Any]:
        """The response's MRData; fails the test if the response is an error."""
        answer = self.get(path, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()["MRData"]  # type: ignore[no-any-return]

    def json(self, path: str, **query: int | str) -> Any:
        """The JSON of a REST path, such as `/races/2024-1`; fails the test if it is an error."""
        answer = self.client.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def page(self, path: str) -> str:
        """The HTML page of a path; fails the test if it is an error."""
        answer = self.client.get(path, headers={"Accept": "text/html"})
        assert answer.status_code == 200, answer.text
        return answer.text


def start(installation: Installation) -> Served:
    """Start the API of an installation and wait until it is ready."""
    port = free_port()
    installation.environment["F1_API_PORT"] = str(port)
    process = installation.start("f1-api")
    url = f"http://{LOOPBACK}:{port}"
    client = httpx.Client(base_url=url, timeout=30)
    deadline = time.monotonic() + 120  # takes seconds on an idle machine
    while not _is_ready(client):
        assert process.poll() is None, "the API ended"
        assert time.monotonic() < deadline, "the API did not start"
        time.sleep(0.05)
    return Served(installation, client, f"{url}/ergast/f1")


def import_archive(installation: Installation, folder: Path) -> None:
    """Import an Ergast archive and process it to the end."""
    installation.run("f1-ingest", "import", str(folder), "--source", "ergast-csv")
    installation.run("f1-worker", "run", "--drain")


def _is_ready(client: httpx.Client) -> bool:
    try:
        return client.get("/readyz").status_code == 200
    except httpx.TransportError:
        return False
