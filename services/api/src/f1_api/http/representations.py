"""One answer in each of its forms: JSON, a table as CSV, a page."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from f1_api.http.csv_tables import Table, respond_csv
from f1_api.http.negotiation import Written
from f1_api.http.request_context import exchange_of
from f1_api.http.responses import encode, respond
from f1_api.pages.layout import respond_page


class Forms(NamedTuple):
    """How one kind of answer is told as a table, and by which template as a page."""

    table: Callable[[Any], Table]
    template: str

    def respond(
        self,
        request: Request,
        asked: Written | None,
        answer: Any,
        *,
        links: Sequence[tuple[str, str]] = (),
        keep: bool = True,
    ) -> Response:
        """Answer in the form that the request wants.

        Args:
            asked: the parameter `format`.
            answer: has `license` and `synthetic`, as every answer.
            links, keep: as :func:`f1_api.http.responses.respond` has them.
        """
        form = exchange_of(request).form(asked, ("json", "csv", "html"))
        synthetic = answer.synthetic
        if form == "csv":
            return respond_csv(
                request, self.table(answer), synthetic=synthetic, links=links, keep=keep
            )
        if form == "html":
            return respond_page(
                request,
                self.template,
                synthetic=synthetic,
                license=answer.license,
                forms=("json", "csv"),
                links=links,
                keep=keep,
                answer=answer,
            )
        return respond(request, encode(answer), synthetic=synthetic, links=links, keep=keep)
