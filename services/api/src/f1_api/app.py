"""The ASGI application with all its parts."""

import asyncio
import contextlib
import gc
from collections.abc import AsyncIterator
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

import anyio.to_thread
from fastapi import APIRouter, FastAPI

import f1_api
from f1_api.endpoint import openapi
from f1_api.pages import layout
from f1_api.server import errors
from f1_api.server.access_log import AccessLog
from f1_api.server.middleware import Middleware
from f1_api.server.server import serving_metrics
from f1_api.service import Service
from f1_api.settings import ApiSettings
from f1_core.settings import DatabaseSettings, LogSettings


def create_app(
    settings: ApiSettings, database: DatabaseSettings, logs: LogSettings | None = None
) -> Middleware:
    """The ASGI application; it connects to Postgres at its start (lifespan)."""
    logs = logs or LogSettings()
    service = Service(settings, database)
    access_log = AccessLog(logs.format, logs.level)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        # More threads than connections, since a request that waits for one holds a thread.
        anyio.to_thread.current_default_thread_limiter().total_tokens = settings.pool_size + 32
        async with serving_metrics(service.metrics, settings):
            service.start()
            gc.freeze()  # a collection over all imported modules would delay a response by 60 ms
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
    for router in routers():
        # include_router would match each request twice.
        app.router.routes.extend(router.routes)
    app.state.race_tabs = layout.race_tabs(app.routes)
    errors.install(app)
    openapi.install(app)
    return Middleware(app, service, access_log)


def routers() -> list[APIRouter]:
    """The router of each module in a room whose name ends in ``routes``."""
    root = Path(f1_api.__path__[0])
    names = sorted(f"f1_api.{file.parent.name}.{file.stem}" for file in root.glob("*/*routes.py"))
    return [import_module(name).router for name in names]
