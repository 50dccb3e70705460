"""The legend of a page's plots: links that highlight a driver, without a script."""

from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import urlencode

from starlette.requests import Request

from f1_api.races.race_session import Entrant


class Choice(NamedTuple):
    """A driver in the legend, and the address that toggles the highlight."""

    entrant: Entrant
    address: str


def legend(request: Request, entrants: Sequence[Entrant]) -> list[Choice]:
    """A link for each driver, which keeps the other highlights."""
    picked = [entrant.driver_id for entrant in entrants if entrant.picked]
    query = kept(request, "driver")
    choices = []
    for entrant in entrants:
        own = entrant.driver_id
        after = [one for one in picked if one != own] if entrant.picked else [*picked, own]
        pairs = [*query, ("driver", ",".join(after))] if after else query
        address = f"{request.url.path}?{urlencode(pairs)}#plots" if pairs else request.url.path
        choices.append(Choice(entrant, address))
    return choices


def kept(request: Request, *changed: str) -> list[tuple[str, str]]:
    """The other parameters of the request."""
    given = request.query_params.multi_items()
    return [pair for pair in given if pair[0] not in (*changed, "format")]
