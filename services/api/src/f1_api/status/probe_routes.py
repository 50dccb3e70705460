"""Probes: liveness, readiness, health."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from f1_api.endpoint.openapi import documented
from f1_api.http.responses import plain
from f1_api.service import service_of
from f1_api.status.probe_models import DatabaseHealth, Health, Liveness, Readiness

router = APIRouter(tags=["operations"])


@router.get("/livez", **documented(Liveness, "Liveness probe", failing=(503,)))
async def livez() -> Response:
    """The process responds. It does not check the database, which a restart would not repair."""
    return plain(Liveness("ok"))


@router.get("/healthz", **documented(Health, "Health", failing=(503,)))
async def healthz(request: Request) -> Response:
    """The process and the database; 503 if the database does not answer.

    A separate connection queries the database every second, so this responds at once in any state
    of the database.
    """
    watcher = service_of(request).watcher
    if watcher.alive:
        return plain(Health("ok", DatabaseHealth("ok", latency_ms=watcher.latency_ms)))
    return plain(Health("unhealthy", DatabaseHealth("away", error=watcher.error)), 503)


@router.get("/readyz", **documented(Readiness, "Readiness probe", failing=(503,)))
async def readyz(request: Request) -> Response:
    """Ready for requests: the schema is compatible, and notifications of changes arrive."""
    service = service_of(request)
    schema, problem = None, service.watcher.error
    if service.watcher.alive:
        schema, problem = await service.schema.check()
    if problem:
        return plain(Readiness("not ready", schema, [problem]), 503)
    return plain(Readiness("ready", schema, []))
