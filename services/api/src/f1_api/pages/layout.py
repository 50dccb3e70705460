"""The layout of all pages: frame, style, security policy, and links to other forms."""

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

import f1_api
from f1_api.completeness.models import License
from f1_api.http.cache import Header
from f1_api.http.negotiation import Form
from f1_api.http.responses import HTML, respond
from f1_api.pages import filters
from f1_api.plots.looks import PLACES

_ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 4 4'%3E"
    "%3Cpath fill='%23fff' d='M0 0h4v4H0z'/%3E%3Cpath fill='%23b3142c' d='M0 0h1v1H0zm2 0h1v1H2zM1 "
    "1h1v1H1zm2 0h1v1H3zM0 2h1v1H0zm2 0h1v1H2zM1 3h1v1H1zm2 0h1v1H3z'/%3E%3C/svg%3E"
)


class RaceTab(NamedTuple):
    """A page of a race: the end of its address, its name, and whether a sprint has one, too."""

    path: str
    name: str
    of_sprint: bool


def race_tabs(routes: Iterable[BaseRoute]) -> dict[str, RaceTab]:
    """The tabs that endpoints declare, in the order of their routes, by the end of the address."""
    tabs = (getattr(getattr(route, "endpoint", None), "tab", None) for route in routes)
    return {tab.path: tab for tab in tabs if tab is not None}


def respond_page(
    request: Request,
    template: str,
    *,
    synthetic: bool | None,
    license: License | None,  # noqa: A002 - as answers call it
    forms: Sequence[Form] = (),
    links: Sequence[tuple[str, str]] = (),
    keep: bool = True,
    **context: Any,
) -> Response:
    """A response with a page.

    Args:
        template: a file that extends ``layout.html``.
        forms: other forms of the address, shown as links.
        links, keep, synthetic: as in :func:`f1_api.http.responses.respond`.
        context: variables of the template.
    """
    html = render(
        template,
        path=request.url.path,
        forms=[(form, form_address(request, form)) for form in forms],
        synthetic=synthetic,
        license=license,
        race_tabs=request.app.state.race_tabs,
        **context,
    )
    return respond(
        request,
        html,
        synthetic=synthetic,
        media_type=HTML,
        links=links,
        headers=[(name.decode(), value.decode()) for name, value in policy_headers()],
        keep=keep,
    )


def render(template: str, *, path: str, **context: Any) -> bytes:
    """A page as bytes. `path` is its address, for the navigation."""
    frame: Mapping[str, Any] = {"forms": (), "synthetic": None, "license": None}
    return _environment().get_template(template).render({**frame, **context, "path": path}).encode()


def form_address(request: Request, form: Form) -> str:
    """The requested address in another form."""
    query = [pair for pair in request.query_params.multi_items() if pair[0] != "format"]
    return f"{quote(request.url.path)}?{urlencode([*query, ('format', form)])}"


@cache
def policy_headers() -> list[Header]:
    """A security policy that allows only the page's style, its icon and forms of this host."""
    digest = base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
    return [
        (b"content-security-policy", policy.encode()),
        (b"referrer-policy", b"same-origin"),
    ]


@cache
def _style() -> str:
    own = (Path(__file__).parent / "templates" / "style.css").read_text("utf-8")
    # The driver under the mouse or the focus is highlighted in all plots of a group.
    return own + "\n".join(
        f".plots:has(.k{n}:is(:hover, :focus-visible)) .s:not(.k{n}) {{ opacity: .12; }}"
        for n in range(PLACES)
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        # Each subject has its templates beside its routes.
        loader=FileSystemLoader(sorted(Path(f1_api.__path__[0]).glob("*/templates"))),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["style"] = Markup(_style())  # noqa: S704 - our own file
    environment.globals["icon"] = _ICON
    environment.filters.update(filters.ALL)
    environment.tests["short"] = lambda item: item.rows < (item.expected or 0)
    return environment
