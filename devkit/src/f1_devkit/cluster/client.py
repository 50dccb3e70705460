"""A client of the API in the cluster: a pod that the network policies allow."""

import json
from typing import Any

from f1_devkit.cluster import charts
from f1_devkit.kubernetes.kubectl import Kubectl, eventually

_GET = """
import json, sys, urllib.request
def get(path):
    with urllib.request.urlopen(sys.argv[1] + path, timeout=30) as answer:
        return json.load(answer)
print(json.dumps([get(path) for path in sys.argv[2:]]))
"""

_STEADILY = """
import sys, threading, time, urllib.request
def request():
    while True:
        try:
            urllib.request.urlopen(sys.argv[1], timeout=5).read()
        except OSError:
            pass
        time.sleep(float(sys.argv[2]))
for _ in range(8):
    threading.Thread(target=request).start()
"""


class Client:
    """Requests to the API of the release in a namespace, by the name of its Service.

    client = Client(outside.kubectl, kubectl.namespace)
    client.start()
    client.get("/seasons/2024")
    """

    def __init__(self, kubectl: Kubectl, api_namespace: str, name: str = "client") -> None:
        """Prepare; the pod will be created in kubectl's namespace."""
        self._kubectl = kubectl
        self._name = name
        self._url = f"http://{charts.RELEASE}-api.{api_namespace}.svc.cluster.local"

    def start(self) -> None:
        """Start the pod and wait until it has access: network policies include it with a delay."""
        self._kubectl.apply(self._pod())
        eventually("the client has access", lambda: self.get("/livez") is not None, timeout=120)

    def get(self, path: str) -> Any:
        """The JSON response of a path.

        Raises:
            KubectlFailed: the response is an error, or there is none.
        """
        return self.get_all(path)[0]

    def get_all(self, *paths: str, timeout: float = 120) -> list[Any]:
        """The JSON responses of several paths, requested one after the other."""
        command = ("python3", "-c", _GET, self._url, *paths)
        answers: list[Any] = json.loads(
            self._kubectl.execute(f"pod/{self._name}", *command, timeout=timeout)
        )
        return answers

    def request_steadily(self, path: str, *, pause_s: float = 3) -> None:
        """Request a path from now on, whatever the responses are: 8 clients, each with pauses."""
        script = 'nohup python3 -c "$0" "$1" "$2" >/dev/null 2>&1 &'
        command = ("sh", "-c", script, _STEADILY, self._url + path, f"{pause_s:g}")
        self._kubectl.execute(f"pod/{self._name}", *command)

    def _pod(self) -> dict[str, Any]:
        container = {
            "name": "main",
            "image": "f1-api:dev",
            "imagePullPolicy": "Never",
            "command": ["sleep", "infinity"],
        }
        labels = {"f1.telemetry.dev/client": "true"}
        return {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": self._name, "labels": labels},
            "spec": {"containers": [container], "terminationGracePeriodSeconds": 0},
        }
