"""The responder writes the answers of all subjects as JSON, CSV or HTML.

A subject declares an endpoint with :func:`get`: the model of its answer, a table for CSV, a
template for HTML. Its function takes a :class:`Reading` and the endpoint's parameters, and returns
an :class:`Answer`. The parameters `format`, `limit` and `cursor`, the description in the OpenAPI
document, the ETag, the Link header and `X-F1-Complete` are the same for all endpoints.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from fastapi import APIRouter
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from f1_api.endpoint.examples import example_of
from f1_api.endpoint.openapi import documented
from f1_api.http import paging
from f1_api.http.csv_tables import Table, text_of
from f1_api.http.negotiation import Form
from f1_api.http.paging import canonical
from f1_api.http.parameters import Cursor, Format, Limit, LinesLimit, PageFormat
from f1_api.http.problems import FieldError, NotFound, invalid
from f1_api.http.request_context import exchange_of
from f1_api.http.responses import CSV, encode, respond
from f1_api.pages.layout import RaceTab, respond_page
from f1_api.postgres.pool import Snapshot
from f1_api.service import snapshot_for

Item = TypeVar("Item")


class Paging(NamedTuple):
    """The parameter `limit` of a list: its type and its default."""

    type: Any
    default: int | None


ROWS = Paging(Limit, 100)
"""A list of anything: 100 rows by default."""
LINES = Paging(LinesLimit, None)
"""A list of one race: complete by default."""


class Shown(NamedTuple, Generic[Item]):
    """One page of a list, the length of the whole list, and the address of the next page."""

    items: list[Item]
    total: int
    next: str | None


class Reading:
    """A request whose answer is read from one snapshot."""

    def __init__(
        self, request: Request, snapshot: Snapshot, limit: int | None, cursor: str | None
    ) -> None:
        self.request = request
        self.snapshot = snapshot
        self.today = exchange_of(request).today
        self.next: str | None = None
        self._limit = limit
        self._cursor = cursor

    @property
    def paged(self) -> bool:
        """Whether a part of the list is requested."""
        return self._limit is not None or self._cursor is not None

    def page(self, items: list[Item]) -> Shown[Item]:
        """The requested page of `items`.

        Raises:
            Invalid, Gone: as :func:`f1_api.http.paging.page` does.
        """
        shown = paging.page(self.request, items, self._limit, self._cursor)
        self.next = shown.next
        return Shown(items[shown.start : shown.stop], len(items), shown.next)

    def refuse_paging(self) -> None:
        """Refuse `limit` and `cursor`: the HTML page has the whole list.

        Raises:
            Invalid: one of them is given.
        """
        given = {"limit": self._limit, "cursor": self._cursor}
        names = [name for name, value in given.items() if value is not None]
        if names:
            message = "for JSON and CSV only: the page has all of them"
            raise invalid([FieldError(name, message) for name in names])


class Answer(NamedTuple):
    """The result of an endpoint's function.

    Attributes:
        body: the JSON; it has `license` and `synthetic`, and may have `completeness`.
        path: the canonical address, without parameters.
        no_csv: why this answer has no CSV, such as: never captured.
        json, csv, html: called for this form only, in the same snapshot; they return another
            body, another table, and variables of the template besides `answer`.
    """

    body: Any
    path: str | None = None
    no_csv: str | None = None
    json: Callable[[], Struct] | None = None
    csv: Callable[[], Table | None] | None = None
    html: Callable[[], Mapping[str, Any]] | None = None


class _Endpoint(NamedTuple):
    """The declaration of an endpoint."""

    read: Callable[..., Answer]
    table: Callable[[Any], Table] | None
    template: str
    forms: Sequence[Form]
    keep: bool

    def handle(self, request: Request, **given: Any) -> Response:
        """Read the answer and write it in the requested form."""
        form = exchange_of(request).form(given.pop("format", None), self.forms)
        limit, cursor = given.pop("limit", None), given.pop("cursor", None)
        with snapshot_for(request) as snapshot:
            reading = Reading(request, snapshot, limit, cursor)
            answer = self.read(reading, **given)
            if form == "csv" and answer.no_csv is not None:
                raise NotFound(answer.no_csv)
            read_more = getattr(answer, form)
            content = read_more() if read_more else None
        links = [] if answer.path is None else [(canonical(request, answer.path), "canonical")]
        if reading.next:
            links.append((reading.next, "next"))
        body = answer.body
        synthetic = body.synthetic
        if form == "html":
            return respond_page(
                request,
                self.template,
                synthetic=synthetic,
                license=body.license,
                forms=("json", "csv") if answer.no_csv is None else ("json",),
                links=links,
                keep=self.keep,
                **{"answer": body, **(content or {})},
            )
        if form == "json":
            payload = encode(body if content is None else content)
            return respond(request, payload, synthetic=synthetic, links=links, keep=self.keep)
        assert self.table is not None
        about = getattr(body, "completeness", None)
        return respond(
            request,
            text_of(self.table(body) if content is None else content).encode(),
            synthetic=synthetic,
            media_type=CSV,
            links=links,
            headers=[("X-F1-Complete", "true" if about.complete else "false")] if about else (),
            keep=self.keep,
        )


Read = Callable[..., Answer]
Declare = Callable[[Read], Callable[..., Response]]


def get(
    router: APIRouter,
    path: str,
    model: type[Struct],
    summary: str,
    *,
    table: Callable[[Any], Table] | None = None,
    template: str | None = None,
    tab: RaceTab | None = None,
    paging: Paging | None = None,
    first: Form = "json",
    keep: bool = True,
) -> Declare:
    """Declare an endpoint; the decorated function reads its answers.

    Args:
        model: the model of its answers.
        table: from an answer to its rows for CSV; None: there is no CSV.
        template: of the HTML page, which extends ``layout.html``; None: there is no page.
        tab: of the page, among the pages of a race; None: it has none.
        paging: how many rows a page of the list has; None: the answer is not a list.
        first: the default form.
        keep: the answer changes only when a capture is processed, so caches may keep it.
    """
    offered: dict[Form, Any] = {"json": None}
    if table is not None:
        offered["csv"] = Format
    if template is not None:
        offered["html"] = PageFormat
    own: dict[str, tuple[Any, Any]] = {}
    if len(offered) > 1:
        own["format"] = list(offered.values())[-1], None
    if paging is not None:
        own |= {"limit": paging, "cursor": (Cursor, None)}
    errors = [status for status, has in ((404, "{" in router.prefix + path), (410, paging)) if has]
    description = documented(
        model,
        summary,
        csv=None if table is None else text_of(table(example_of(model))),
        page=template is not None,
        errors=errors,
    )

    def declare(read: Read) -> Callable[..., Response]:
        forms = sorted(offered, key=lambda form: form != first)
        endpoint = _Endpoint(read, table, template or "", forms, keep)

        def handle(request: Request, **given: Any) -> Response:
            return endpoint.handle(request, **given)

        parameters = list(inspect.signature(read).parameters.values())[1:]
        kind = inspect.Parameter.KEYWORD_ONLY
        handle.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
            [
                inspect.Parameter("request", kind, annotation=Request),
                *(one.replace(kind=kind) for one in parameters),
                *(
                    inspect.Parameter(name, kind, default=default, annotation=annotation)
                    for name, (annotation, default) in own.items()
                ),
            ]
        )
        handle.tab = tab  # type: ignore[attr-defined]
        handle.__name__, handle.__doc__ = read.__name__, read.__doc__
        return router.get(path, **description)(handle)

    return declare
