"""``/ergast/f1/...``: the addresses of Ergast and Jolpica-F1."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.convertors import PathConvertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import Response

from f1_api.completeness import answers
from f1_api.endpoint.openapi import documented
from f1_api.ergast import dates, envelope, grammar, paging
from f1_api.ergast.grammar import Request as ErgastRequest
from f1_api.ergast.models import ErgastAnswer, ErgastRefusal
from f1_api.ergast.paging import Found, Page
from f1_api.ergast.params import as_stored
from f1_api.ergast.tables import laps, lists, qualifying, results, standings
from f1_api.http.request_context import exchange_of
from f1_api.http.responses import encode, plain, respond
from f1_api.postgres.pool import Snapshot
from f1_api.service import service_of, snapshot_for

_TABLES: dict[str, Callable[[Snapshot, ErgastRequest, Page], Found]] = {
    "seasons": lists.answer,
    "circuits": lists.answer,
    "races": lists.answer,
    "constructors": lists.answer,
    "drivers": lists.answer,
    "results": results.races,
    "sprint": results.sprints,
    "qualifying": qualifying.answer,
    "pitstops": laps.pit_stops,
    "laps": laps.laps,
    "status": results.ends,
    "driverStandings": standings.drivers,
    "constructorStandings": standings.constructors,
}
BASE = "/ergast/f1"
router = APIRouter(tags=["ergast"])


class AnyPath(PathConvertor):
    """Any path; Starlette's does not match line ends."""

    regex = "(?s:.*)"


register_url_convertor("any_path", AnyPath())

Asked = Annotated[
    str,
    Path(
        description="`[season [round]] [filter value]... resource [value]`, with or without `.json`"
        " or `/` at the end: `2024/races`, `current/last/results`, `2024/1/drivers/ada/laps`",
        openapi_examples={"results": {"value": "2024/1/results.json"}},
    ),
]
Limit = Annotated[
    str | None, Query(description="rows on a page: 30 if not given or unreadable, at most 100")
]
Offset = Annotated[str | None, Query(description="rows before the page")]


@router.get(
    BASE + "/{asked:any_path}",
    **documented(ErgastAnswer, "As Ergast and Jolpica-F1", refusal=ErgastRefusal),
)
def ergast(request: Request, asked: Asked, limit: Limit = None, offset: Offset = None) -> Response:
    """The API of Ergast and Jolpica-F1, for their clients.

    Seasons, circuits, races, constructors, drivers, results, sprint, qualifying, pitstops, laps,
    status, driverStandings, constructorStandings: the same requests and answers.
    """
    exchange = exchange_of(request)
    exchange.endpoint = BASE
    try:
        parsed = grammar.parse(asked)
    except grammar.Refused as refused:
        return plain(encode(ErgastRefusal(refused.detail)), refused.status)
    exchange.endpoint = f"{BASE}/{parsed.resource}"
    page = paging.read(limit, offset, most=service_of(request).settings.ergast_max_limit)
    with snapshot_for(request) as snapshot:
        parsed = as_stored(snapshot, dates.resolve(snapshot, parsed, today=exchange.today))
        found = _TABLES[parsed.resource](snapshot, parsed, page)
        synthetic = answers.is_synthetic(snapshot)
    url = str(request.url.replace(query=""))
    answer = envelope.wrap(parsed, page, found, url=url)
    license_ = answers.license_of(synthetic=synthetic)
    links = [(license_.url, "license")] if license_ and license_.url else []
    return respond(request, encode(answer), synthetic=synthetic, links=links)


@router.get(BASE, include_in_schema=False)
@router.get(BASE + ".json", include_in_schema=False)
def races(request: Request, limit: Limit = None, offset: Offset = None) -> Response:
    """All races, the default resource."""
    return ergast(request, "", limit, offset)
