"""The documentation."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from f1_api.docs import pages as docs_page
from f1_api.http.parameters import StrictRoute
from f1_api.http.responses import encode, respond
from f1_api.pages.layout import respond_page

router = APIRouter(include_in_schema=False, route_class=StrictRoute)


@router.get("/docs")
def docs(request: Request) -> Response:
    """The documentation, built once from the OpenAPI document."""
    app = request.app
    if not hasattr(app.state, "docs"):
        app.state.docs = docs_page.context(app.openapi())
    return respond_page(
        request, "docs.html", synthetic=None, license=None, keep=False, **app.state.docs
    )


@router.get("/openapi.json")
def openapi(request: Request) -> Response:
    """The OpenAPI document."""
    return respond(request, encode(request.app.openapi()), keep=False)
