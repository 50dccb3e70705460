"""The connection to Kubernetes: the pod's service account, or else $KUBECONFIG."""

import os
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

import kopf
import urllib3
import yaml

from f1_core.errors import SettingsError

_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_UNREADABLE = (
    *(OSError, yaml.YAMLError, kopf.LoginError),
    *(AttributeError, KeyError, TypeError, ValueError),  # YAML of another shape
)


class Connection:
    """Sends requests to one apiserver. Safe to share between threads.

    Args:
        server: its URL.
        info: its certificate authority.
        headers: the credentials; called for each request, since tokens are rotated.
        pool_size: connections to keep open.
    """

    def __init__(
        self,
        server: str,
        info: kopf.ConnectionInfo,
        headers: Callable[[], dict[str, str]],
        pool_size: int,
    ) -> None:
        self._server = server.rstrip("/")
        self._headers = headers
        # Without retries, which would multiply the time-out; the work queue retries anyway.
        self._pool = urllib3.PoolManager(
            maxsize=pool_size, block=False, retries=False, ssl_context=info.as_ssl_context()
        )

    def request(
        self,
        verb: str,
        path: str,
        *,
        query: dict[str, str],
        headers: dict[str, str],
        body: bytes | None,
        timeout_s: tuple[float, float],
    ) -> tuple[int, bytes]:
        """Send one request; returns status and body.

        Args:
            timeout_s: seconds to connect, and between two parts of the response.

        Raises:
            urllib3.exceptions.HTTPError: no response.
            OSError: cannot read the token.
        """
        url = f"{self._server}{path}" + (f"?{urlencode(query)}" if query else "")
        answer = self._pool.request(
            verb,
            url,
            body=body,
            headers={**headers, **self._headers()},
            timeout=urllib3.Timeout(connect=timeout_s[0], read=timeout_s[1]),
            redirect=False,
        )
        return answer.status, answer.data


def connect(pool_size: int) -> Connection:
    """A connection as the pod's service account; outside of a cluster by $KUBECONFIG.

    Raises:
        SettingsError: neither is configured.
    """
    host = os.environ.get("KUBERNETES_SERVICE_HOST")
    try:
        if host:
            return _in_pod(host, pool_size)
        info = kopf.login_with_kubeconfig(settings=kopf.OperatorSettings())
        if info is None:
            raise FileNotFoundError("KUBECONFIG is not set")
        return Connection(info.server, info, info.as_http_headers, pool_size)
    except _UNREADABLE as error:
        raise SettingsError(
            f"No connection to Kubernetes: run in a pod, or set KUBECONFIG: {error}"
        ) from error


def _in_pod(host: str, pool_size: int) -> Connection:
    """By IP address: a hook before the uninstall may have no DNS."""
    port = os.environ.get("KUBERNETES_SERVICE_PORT", "443")
    server = f"https://{f'[{host}]' if ':' in host else host}:{port}"
    token, authority = _ACCOUNT / "token", _ACCOUNT / "ca.crt"
    token.read_text()  # fails early if it is missing
    info = kopf.ConnectionInfo(server=server, ca_path=authority if authority.exists() else None)

    def headers() -> dict[str, str]:
        return {"Authorization": f"Bearer {token.read_text().strip()}"}

    return Connection(server, info, headers, pool_size)
