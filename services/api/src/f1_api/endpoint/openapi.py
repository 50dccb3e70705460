"""The OpenAPI document: FastAPI's, with the schemas and examples of msgspec models.

Answers are msgspec structs, which FastAPI does not describe. msgspec does, in the JSON Schema of
OpenAPI 3.1. Each endpoint is registered with :func:`documented`.
"""

from collections.abc import Sequence
from pathlib import Path
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

_DESCRIPTION = Path(__file__).with_name("description.md")
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
    """Arguments of a route: the description of its answers.

    Args:
        csv: an example, if the endpoint also has CSV.
        page: whether the endpoint also has HTML.
        errors: statuses of problems besides those that all endpoints have.
        failing: statuses with the same body as 200, for probes.
        refusal: the model of 400 and 404, if these are not problem details.
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
    """The same for a route with a file, which accepts Range."""
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
    """The other responses: not modified, and problems."""
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
    """Set `app.openapi` to a function that returns this document."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _document(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title=app.title,
        version=app.version,
        description=_DESCRIPTION.read_text("utf-8").strip(),
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
                responses.pop("422", None)  # FastAPI's own model, which is never sent
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
    """The name of an operation, from which generators name a function: get_race_lap_times."""
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
