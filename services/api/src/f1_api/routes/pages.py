"""The status page and the documentation."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from f1_api import ledger_summary, pages
from f1_api.answers import HTML, encode, respond
from f1_api.exchange import exchange_of
from f1_api.routes.parameters import StrictRoute
from f1_api.service import snapshot_for

router = APIRouter(include_in_schema=False, route_class=StrictRoute)


@router.get("/")
def status(request: Request) -> Response:
    """Sources, seasons, the ledger, and where to go from here."""
    with snapshot_for(request) as snapshot:
        ledger = ledger_summary.read(snapshot, today=exchange_of(request).today)
    return _page(request, pages.status_page(ledger))


@router.get("/docs")
def docs(request: Request) -> Response:
    """The documentation, made from the OpenAPI document once."""
    app = request.app
    if not hasattr(app.state, "docs_page"):
        app.state.docs_page = pages.docs_page(app.openapi())
    return _page(request, app.state.docs_page)


@router.get("/openapi.json")
def openapi(request: Request) -> Response:
    """The OpenAPI document."""
    return respond(request, encode(request.app.openapi()), keep=False)


def _page(request: Request, html: bytes) -> Response:
    headers = [
        ("content-security-policy", pages.policy()),
        ("referrer-policy", "same-origin"),
    ]
    return respond(request, html, media_type=HTML, headers=headers, keep=False)
