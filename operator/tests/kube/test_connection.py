"""How the operator connects to Kubernetes, and its errors without a connection."""

import json
from pathlib import Path

import pytest
from seasons.cluster import connected

from f1_core.errors import SettingsError
from f1_devkit.servers.http_thread import Handler, HttpThread
from f1_operator.kube import connection
from f1_operator.kube.client import Kubernetes, KubernetesFailed


class Echo(Handler):
    """Responds with the request's path and token; with garbage at /garbage."""

    def do_GET(self) -> None:  # noqa: N802 - its parent's name
        request = {"path": self.path, "token": self.headers["Authorization"]}
        body = b"<html>" if self.path == "/garbage" else json.dumps(request).encode()
        self.answer(200, {}, body)


@pytest.fixture
def pod(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A pod's service account."""
    (tmp_path / "token").write_text("first\n")
    monkeypatch.setattr(connection, "_ACCOUNT", tmp_path)
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    return tmp_path


def test_a_replaced_token_of_a_pod_is_read_again(
    pod: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with HttpThread(Echo) as server:
        monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1")
        made = connection.connect(1)
        monkeypatch.setattr(made, "_server", server.address)
        kubernetes = Kubernetes(made, 5)
        assert kubernetes.request("GET", "/x", query={"a": "b c"}) == {
            "path": "/x?a=b+c",
            "token": "Bearer first",
        }
        (pod / "token").write_text("second\n")
        assert kubernetes.request("GET", "/x")["token"] == "Bearer second"
        (pod / "token").unlink()
        with pytest.raises(KubernetesFailed, match="token"):
            kubernetes.request("GET", "/x")


@pytest.mark.parametrize(
    ("host", "server"),
    [("10.96.0.1", "https://10.96.0.1:443"), ("fd00::1", "https://[fd00::1]:443")],
)
@pytest.mark.usefixtures("pod")
def test_kubernetes_has_an_address_of_either_family(
    monkeypatch: pytest.MonkeyPatch, host: str, server: str
) -> None:
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", host)
    assert connection.connect(1)._server == server


def test_a_response_that_is_not_json_is_a_failed_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with HttpThread(Echo) as server:
        path = tmp_path / "kubeconfig"
        cluster = {"name": "c", "cluster": {"server": server.address}}
        user = {"name": "u", "user": {"token": "secret"}}
        context = {"name": "x", "context": {"cluster": "c", "user": "u"}}
        config = {"contexts": [context], "clusters": [cluster], "users": [user]}
        path.write_text(json.dumps({"current-context": "x", **config}))
        kubernetes = Kubernetes(connected(1, path), 5)
        assert kubernetes.request("GET", "/x")["token"] == "Bearer secret"
        with pytest.raises(KubernetesFailed, match="not JSON"):
            kubernetes.request("GET", "/garbage")


@pytest.mark.parametrize("text", [None, "", "{}", "current-context: x", "- 1", "{"])
def test_a_missing_connection_to_kubernetes_is_reported(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "kubeconfig"
    if text is not None:
        path.write_text(text)
    with pytest.raises(SettingsError, match="No connection to Kubernetes: run in a pod"):
        connected(1, path)
