"""The application, put together."""

import asyncio
import contextlib
import gc
from collections.abc import AsyncIterator
from importlib.metadata import version

import anyio.to_thread
from fastapi import FastAPI

from f1_api.captures import change_routes
from f1_api.captures import routes as captures
from f1_api.datasets import routes as datasets
from f1_api.docs import routes as docs
from f1_api.drivers import routes as drivers
from f1_api.endpoint import openapi
from f1_api.ergast import routes as ergast
from f1_api.races import calendar_routes, list_routes, race_routes
from f1_api.seasons import routes as seasons
from f1_api.server import errors
from f1_api.server.access_log import AccessLog
from f1_api.server.middleware import Front
from f1_api.server.server import serving_metrics
from f1_api.service import Service
from f1_api.settings import ApiSettings
from f1_api.status import probe_routes
from f1_api.status import routes as status
from f1_core.settings import DatabaseSettings, LogSettings


def create_app(
    settings: ApiSettings, database: DatabaseSettings, logs: LogSettings | None = None
) -> Front:
    """The ASGI application; it connects when it is started (lifespan)."""
    logs = logs or LogSettings()
    service = Service(settings, database)
    access_log = AccessLog(logs.format, logs.level)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        # More threads than connections: who waits for one holds a thread.
        anyio.to_thread.current_default_thread_limiter().total_tokens = settings.pool_size + 32
        async with serving_metrics(service.metrics, settings):
            service.start()
            gc.freeze()  # a collection that looks at all that was imported takes 60 ms of an answer
            counting = asyncio.create_task(service.quotas.run())
            yield
        counting.cancel()
        await service.quotas.stop()
        access_log.flush()
        await anyio.to_thread.run_sync(service.stop)

    app = FastAPI(
        title="F1 Telemetry Aggregator",
        version=version("f1-api"),
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        redirect_slashes=False,
    )
    app.state.service = service
    app.state.serving = service.serving
    parts = (
        status,
        calendar_routes,
        race_routes,
        list_routes,
        drivers,
        seasons,
        ergast,
        datasets,
        captures,
        change_routes,
        probe_routes,
        docs,
    )
    for part in parts:
        # Not include_router: it would match every request twice, once for the router.
        app.router.routes.extend(part.router.routes)
    errors.install(app)
    openapi.install(app)
    return Front(app, service, access_log)
