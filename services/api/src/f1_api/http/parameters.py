"""Parameters that several endpoints share, and the refusal of unknown parameters."""

from collections import Counter
from collections.abc import Callable
from typing import Annotated, Any, Literal

from fastapi import Path, Query
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from f1_api.http.negotiation import Written
from f1_api.http.problems import FieldError, invalid

_ID = r"^[A-Za-z0-9_.-]{1,80}$"
_MANY = 10
"""Most unknown parameters that a refusal names."""
_NAME = 50
_TEXT = r"^[^\x00-\x1f\x7f]*$"

RaceWritten = Annotated[
    str,
    Path(
        description="`2024-monaco`; or `2024-5`, the season's fifth race; or `2024-last`, "
        "`current-5`, `last`, `next`",
        openapi_examples={
            "id": {"value": "2024-monaco"},
            "round": {"value": "2024-8"},
            "last": {"value": "last"},
        },
    ),
]
DriverId = Annotated[
    str,
    Path(
        description="a driver_id, as `/drivers` lists them: `ada_falk`",
        openapi_examples={"id": {"value": "ada_falk"}},
    ),
]
Year = Annotated[
    str,
    Path(
        description="`2024`, or `current`",
        openapi_examples={"year": {"value": "2024"}, "current": {"value": "current"}},
    ),
]
Season = Annotated[
    int | None, Query(ge=1950, le=2100, description="only of this season", examples=[2024])
]
FileFormat = Annotated[
    Literal["csv", "spreadsheet"],
    Query(
        description="`spreadsheet`: text that a spreadsheet would read as a formula begins with '"
    ),
]
Limit = Annotated[int, Query(ge=1, le=1000, description="rows on a page", examples=[100])]
Cursor = Annotated[
    str | None,
    Query(
        max_length=200,
        description="take it from `next`; a cursor from an older state of the data answers 410",
    ),
]
Drivers = Annotated[
    list[str] | None,
    Query(
        description="of these drivers only: repeat it, or separate ids by commas",
        examples=[["ada_falk", "bruno_keller"]],
    ),
]
FormatName = Literal["json", "csv", "spreadsheet"]
Format = Annotated[
    FormatName | None,
    Query(
        description="overrides the Accept header; as CSV, `X-F1-Complete` tells whether the data "
        "is complete, and data that was never captured is a 404; `spreadsheet` is CSV in which "
        "no text is a formula"
    ),
]
PageFormat = Annotated[
    Written | None,
    Query(
        description="overrides the Accept header, with which a browser gets HTML; "
        "`spreadsheet` is CSV in which no text is a formula"
    ),
]
LinesLimit = Annotated[
    int | None, Query(ge=1, le=10_000, description="lines on a page; all if not given")
]
SessionName = Annotated[
    Literal["race", "sprint"], Query(description="the race, or the sprint of its weekend")
]
Word = Annotated[str | None, Query(pattern=_ID, examples=["FAL"])]
Text = Annotated[str | None, Query(pattern=_TEXT, max_length=100)]


def check_order(first: Any, last: Any, names: tuple[str, str] = ("from", "to")) -> None:
    """Refuse a range that ends before it begins, which would give an empty answer.

    Raises:
        Invalid: `first` is after `last`.
    """
    if first is not None and last is not None and first > last:
        message = f"it is after {names[1]} ({last}): write the lower one first"
        raise invalid([FieldError(names[0], message, str(first))])


class StrictRoute(APIRoute):
    """Refuses unknown parameters, and several values of a parameter that takes one: without the
    intended filter, the answer would be wrong.
    """

    def get_route_handler(self) -> Callable[[Request], Any]:
        """Check the names before anything else."""
        handle = super().get_route_handler()
        known = {field.alias for field in self.dependant.query_params}
        single = known - {"driver"}
        message = f"this address takes {', '.join(sorted(known)) or 'no parameters'}"

        async def strict(request: Request) -> Response:
            if request.scope["query_string"]:
                given = Counter(name for name, _ in request.query_params.multi_items())
                unknown = [name for name in given if name not in known]
                errors = [FieldError(name[:_NAME], message) for name in unknown[:1]]
                errors += [FieldError(name[:_NAME], "not known") for name in unknown[1:_MANY]]
                errors += [
                    FieldError(name, "give it once")
                    for name, times in given.items()
                    if times > 1 and name in single
                ]
                if errors:
                    raise invalid(errors)
            return await handle(request)

        return strict
