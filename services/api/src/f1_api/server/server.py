"""The server: uvicorn with limits on requests, connections and unread responses.

Metrics have a separate port, without Ingress and outside of the Service of the API.
"""

import asyncio
import contextlib
import resource
import socket
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import structlog
import uvicorn
from anyio import CapacityLimiter, to_thread
from prometheus_client import CONTENT_TYPE_LATEST
from uvicorn.server import ServerState

from f1_api.http import problems
from f1_api.http.limits import HttpLimits
from f1_api.http.responses import encode, uncached
from f1_api.metrics import Metrics
from f1_api.server.connections import Connections
from f1_api.server.protocol import LimitedProtocol
from f1_api.settings import ApiSettings
from f1_core.errors import F1Error, SettingsError
from f1_core.program.listening import listen as listen_at

log = structlog.get_logger()

_FILES_BESIDES = 100
"""Open files besides connections of clients: Postgres, logs, modules."""
_RECEIVE_BYTES = 32 * 1024
"""The kernel's receive buffer, which limits the size of one read."""
_SEND_BYTES = 256 * 1024
"""The kernel's send buffer, which would otherwise grow to megabytes."""
_OF_METRICS = HttpLimits(connections=20, body=0)


def configuration(app: Any, settings: ApiSettings) -> uvicorn.Config:
    """The configuration of uvicorn for the application."""
    limits = settings.http_limits
    connections = limits.connections
    allowed = _allow_files(connections + _FILES_BESIDES) - _FILES_BESIDES
    if allowed < connections:
        log.warning(
            "fewer connections than F1_API_MAX_CONNECTIONS: the limit of open files is too low",
            connections=allowed,
        )
        limits = limits._replace(connections=max(1, allowed))
    metrics = app.service.metrics
    accepted = Connections(limits, metrics.count_refused)
    metrics.show_connections(lambda: accepted.count)
    return uvicorn.Config(
        app,
        http=partial(LimitedProtocol, accepted),  # type: ignore[arg-type]
        ws="none",
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=settings.grace_s,
        lifespan="on",
    )


def listen(config: uvicorn.Config) -> socket.socket:
    """The listening socket.

    Raises:
        SettingsError: nothing can listen there.
    """
    try:
        listening = listen_at(config.host, config.port)
    except F1Error as error:
        raise SettingsError(f"{error}: set F1_API_PORT to another port") from error
    # Connections inherit both, so that unread requests need little memory.
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BYTES)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BYTES)
    return listening


@contextlib.asynccontextmanager
async def serving_metrics(metrics: Metrics, settings: ApiSettings) -> AsyncIterator[None]:
    """Serve /metrics at its own port, if one is set.

    Raises:
        F1Error: nothing can listen there.
    """
    if not settings.metrics_port:
        yield
        return
    loop = asyncio.get_running_loop()
    config = uvicorn.Config(
        _metrics_app(metrics), log_config=None, access_log=False, ws="none", proxy_headers=False
    )
    state = ServerState()
    connections = Connections(_OF_METRICS, metrics.count_refused)

    def connected() -> LimitedProtocol:
        return LimitedProtocol(
            connections, config=config, server_state=state, app_state={}, _loop=loop
        )

    host = settings.metrics_host or settings.host
    try:
        listening = listen_at(host, settings.metrics_port)
    except F1Error as error:
        raise SettingsError(f"{error}: set F1_API_METRICS_PORT to another port") from None
    server = await loop.create_server(connected, sock=listening)
    try:
        yield
    finally:
        server.close()
        for connection in list(state.connections):
            connection.transport.abort()


def _metrics_app(metrics: Metrics) -> Any:
    # In a separate thread: a slow database must block neither the event loop nor requests.
    thread = CapacityLimiter(1)

    async def answer(scope: Any, _receive: Any, send: Any) -> None:
        if scope["path"] == "/metrics":
            body = await to_thread.run_sync(metrics.render, limiter=thread)
            status, media_type = 200, CONTENT_TYPE_LATEST
        else:
            details = problems.details("not-found", 404, "there is /metrics")
            status, media_type, body = 404, problems.MEDIA_TYPE, encode(details)
        headers = uncached(media_type, body)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return answer


def _allow_files(files: int) -> int:
    """Raise the limit of open files to `files` if possible; returns the limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= files:
        return files
    allowed = files if hard == resource.RLIM_INFINITY else min(files, hard)
    if allowed > soft:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    return max(allowed, soft)
