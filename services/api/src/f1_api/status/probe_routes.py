"""For those who run it: is it alive, is it ready, how does it do."""

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
    """The process turns. For a liveness probe: a database that is away needs no restart here."""
    return plain(Liveness("ok"))


@router.get("/healthz", **documented(Health, "Health", failing=(503,)))
async def healthz(request: Request) -> Response:
    """The process and the database; 503 if the database does not answer.

    The database is asked every second on a connection of its own, so that this answers at once,
    whatever the state of the database.
    """
    watcher = service_of(request).watcher
    if watcher.alive:
        return plain(Health("ok", DatabaseHealth("ok", latency_ms=watcher.latency_ms)))
    return plain(Health("unhealthy", DatabaseHealth("away", error=watcher.error)), 503)


@router.get("/readyz", **documented(Readiness, "Readiness probe", failing=(503,)))
async def readyz(request: Request) -> Response:
    """Whether to send requests here: the schema is one we know, and changes are heard of."""
    service = service_of(request)
    schema, problem = None, service.watcher.error
    if service.watcher.alive:
        schema, problem = await service.schema.check()
    if problem:
        return plain(Readiness("not ready", schema, [problem]), 503)
    return plain(Readiness("ready", schema, []))
