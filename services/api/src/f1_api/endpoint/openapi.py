"""The OpenAPI document: FastAPI's, with the schemas and examples of our own models.

Answers are msgspec structs, which FastAPI does not describe; msgspec does, in the JSON Schema that
OpenAPI 3.1 takes. Every address is registered with :func:`documented`.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from msgspec import Struct
from starlette.responses import Response

from f1_api.endpoint.examples import example_of
from f1_api.http.problems import MEDIA_TYPE, ProblemDetails

_REF = "#/components/schemas/{name}"
MODELS: dict[str, type[Struct]] = {"ProblemDetails": ProblemDetails}

_PROBLEMS = {
    401: "An API key is required, or the key is unknown, expired or revoked",
    404: "Not found; `detail` says what to write",
    410: "The cursor belongs to an older state of the data; `start_again` is the address "
    "of the first page",
    416: "The response is shorter than the requested range",
    422: "A parameter is invalid or unknown; `errors` lists all of them",
    429: "The rate limit is exceeded: retry after `Retry-After` seconds",
    503: "The database is unavailable or busy: retry after `Retry-After` seconds",
}
_HEADERS = {
    "ETag": "Changes whenever the response changes; send it as If-None-Match",
    "Link": "rel=canonical: the address of this resource by its id; rel=next: the next page",
    "X-F1-Synthetic": "true: made by a generator, not real races",
    "RateLimit": "If there is a limit: r, requests left, and t, seconds until it starts anew",
    "RateLimit-Policy": "If there is a limit: q requests in w seconds",
    "X-Request-Id": "The one sent, or a new one; logs have it",
}
_FILE_HEADERS = {
    "X-F1-Complete": "true: everything that should exist by now is present",
    **_HEADERS,
}

_IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "the `ETag` of an earlier response: 304 if the response is the same",
    "schema": {"type": "string"},
}

DESCRIPTION = """
Formula 1 lap times, results, pit stops and figures, from a database of your own.

* Times are integer **milliseconds**, moments are UTC in ISO 8601.
* **null** means never captured (or not given by the source), 0 means captured, and there was none.
* Every answer says what it is made of: `completeness` (what is captured, from which source, when,
  in which raw object; what is missing), `license`, and `synthetic`: true if the data was made by a
  generator. `/races/{race_id}/provenance` tells the rest: history, decisions, every page's sha256.
* Send the `ETag` back as `If-None-Match`: a 304 costs next to nothing.
* Pages: follow `next` (or `Link: rel="next"`). If the data changes meanwhile, the next page is a
  410 that says to start again, so that pages never disagree.
* Errors are problem details (RFC 9457); `detail` says what to write instead.
* A browser gets a page, with the same content, where there is one; `?format=json`, `csv` or `html`
  decides whatever the Accept header says.
* A key, where one is needed: `X-API-Key: f1_...`, or `Authorization: Bearer f1_...`.
* A key may have a limit: `RateLimit` says what is left of it, and a 429 when to come back.
"""
_TAGS = {
    "races": "Calendar, laps, results, stops and figures of a race",
    "drivers": "Drivers and their figures by race, season and career",
    "seasons": "Calendar, championship and completeness of a season",
    "datasets": "Tables of a season or race for download, as Parquet and CSV",
    "ergast": "The interface of Ergast and Jolpica-F1, for their clients",
    "ledger": "Captures and their state",
    "provenance": "The captures behind each number, and what a correction changed",
    "operations": "For probes and Prometheus; no key needed",
}


def documented(
    model: type[Struct],
    summary: str,
    *,
    csv: str | None = None,
    page: bool = False,
    errors: Sequence[int] = (),
    failing: Sequence[int] = (),
    refusal: type[Struct] | None = None,
) -> dict[str, Any]:
    """Arguments for a route: how its answers are described.

    Args:
        csv: an example, if the address also answers CSV.
        page: whether it also answers HTML.
        errors: problems that this address has besides those that all have.
        failing: statuses that have the same body as 200, for probes.
        refusal: the shape of 400 and 404, of an address whose refusals are no problems of ours.
    """
    MODELS[model.__name__] = model
    body = {
        "schema": {"$ref": _REF.format(name=model.__name__)},
        "example": msgspec.to_builtins(example_of(model)),
    }
    content: dict[str, Any] = {"application/json": body}
    if csv is not None:
        content["text/csv"] = {"schema": {"type": "string"}, "example": csv}
    if page:
        content["text/html"] = {"schema": {"type": "string"}}
    responses: dict[int | str, dict[str, Any]] = {
        200: {"description": "The answer", "content": content, "headers": _headers(*_HEADERS)}
    }
    if failing:
        responses |= {
            status: {"description": "The check fails", "content": {"application/json": body}}
            for status in failing
        }
        responses[200]["headers"] = _headers("X-Request-Id")
    else:
        responses |= _others(*errors)
    if refusal is not None:
        MODELS[refusal.__name__] = refusal
        problem = {"application/json": {"schema": {"$ref": _REF.format(name=refusal.__name__)}}}
        responses |= {
            400: {"description": "The resource does not support this filter", "content": problem},
            404: {"description": "Unknown resource, filter or value", "content": problem},
        }
        del responses[422]
    return _route(summary, responses)


def documented_file(media_type: str, summary: str, example: str | None = None) -> dict[str, Any]:
    """The same for a route that answers with a file, of which ranges may be asked for."""
    schema = {"type": "string"} if example else {"type": "string", "format": "binary"}
    content: dict[str, Any] = {"schema": schema}
    if example is not None:
        content["example"] = example
    responses: dict[int | str, dict[str, Any]] = {
        200: {
            "description": "The file",
            "content": {media_type: content},
            "headers": _headers(*_FILE_HEADERS),
        },
        206: {
            "description": "The part that `Range` requests",
            "content": {media_type: {"schema": schema}},
            "headers": _headers(*_FILE_HEADERS),
        },
        **_others(404, 416),
    }
    return _route(summary, responses)


def _others(*errors: int) -> dict[int | str, dict[str, Any]]:
    """What else an address answers: that nothing changed, and problems."""
    same = {"description": "The answer has the ETag that was sent", "headers": _headers("ETag")}
    return {304: same, **{s: _problem(s) for s in sorted({401, 422, 429, 503, *errors})}}


def _route(summary: str, responses: dict[int | str, dict[str, Any]]) -> dict[str, Any]:
    return {
        "summary": summary,
        "response_class": Response,
        "response_model": None,
        "responses": responses,
    }


def install(app: FastAPI) -> None:
    """Have `app` serve this document at /openapi.json."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _document(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title=app.title,
        version=app.version,
        description=DESCRIPTION.strip(),
        routes=app.routes,
        tags=[{"name": name, "description": text} for name, text in _TAGS.items()],
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
    )
    for route in app.routes:
        if isinstance(route, APIRoute) and route.path_format in document["paths"]:
            operation = document["paths"][route.path_format]["get"]
            operation["operationId"] = _operation_id(route.path_format)
            # FastAPI leaves out what is null, in examples too.
            responses = operation["responses"]
            responses["200"]["content"] = route.responses[200]["content"]
            if 422 not in route.responses:
                responses.pop("422", None)  # FastAPI's own, of a shape that we never answer
            if "304" in responses:
                operation.setdefault("parameters", []).append(_IF_NONE_MATCH)
    _, schemas = msgspec.json.schema_components(MODELS.values(), ref_template=_REF)
    components = document.setdefault("components", {})
    components["schemas"] = schemas  # not FastAPI's HTTPValidationError, which is never sent
    components["securitySchemes"] = {
        "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
        "bearer": {"type": "http", "scheme": "bearer"},
    }
    document["security"] = [{}, {"key": []}, {"bearer": []}]
    return document


def _operation_id(path: str) -> str:
    """The name of an operation, of which generators make a function's: get_race_lap_times."""
    places = path.strip("/").replace("-", "_").split("/")
    words = []
    for place, after in zip(places, [*places[1:], ""], strict=True):
        if not place.startswith("{"):
            words.append(place.removesuffix("s") if after.startswith("{") else place)
        elif "." in place:
            words.append(place.rpartition(".")[2])
    return "_".join(["get", *filter(None, words)]) if path != "/" else "get_status"


def _headers(*names: str) -> dict[str, Any]:
    return {
        name: {"description": _FILE_HEADERS[name], "schema": {"type": "string"}} for name in names
    }


def _problem(status: int) -> dict[str, Any]:
    return {
        "description": _PROBLEMS[status],
        "content": {
            MEDIA_TYPE: {"schema": {"$ref": _REF.format(name="ProblemDetails")}},
            "text/html": {"schema": {"type": "string"}},
        },
    }
