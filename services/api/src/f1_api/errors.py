"""Every error that FastAPI or a handler raises, as problem details."""

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from f1_api import problems
from f1_api.exchange import exchange_of
from f1_api.problems import FieldError, Problem

_KINDS = {404: "not-found", 405: "method-not-allowed"}


def install(app: FastAPI) -> None:
    """Have `app` answer all errors with problem details."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(Exception, _bug)


def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    body = problems.render(error, exchange_of(request).request_id)
    return _respond(error.status, body, error.headers)


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    detail = error.detail
    headers = dict(error.headers or {})
    if error.status_code == 404:
        detail = f"there is nothing at {request.url.path}: / and /docs show what there is"
    elif error.status_code == 405:
        headers["Allow"] = "GET, HEAD"
        detail = f"{request.method} is not for this address: it is read only, use GET or HEAD"
    kind = _KINDS.get(error.status_code, HTTPStatus(error.status_code).phrase.lower())
    body = problems.body(
        kind.replace(" ", "-"),
        error.status_code,
        detail,
        request_id=exchange_of(request).request_id,
    )
    return _respond(error.status_code, body, headers)


def _validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    found = problems.invalid([_field_error(item) for item in error.errors()])
    return _problem(request, found)


def _field_error(item: dict[str, Any]) -> FieldError:
    name = ".".join(str(part) for part in item["loc"][1:]) or str(item["loc"][0])
    got = item.get("input")
    return FieldError(name, _say(item), None if got is None else str(got)[:100])


def _say(item: dict[str, Any]) -> str:
    context = item.get("ctx", {})
    told = {
        "int_parsing": "write a whole number",
        "greater_than_equal": f"write a number from {context.get('ge')} up",
        "less_than_equal": f"write a number up to {context.get('le')}",
        "literal_error": f"write one of {context.get('expected')}",
        "enum": f"write one of {context.get('expected')}",
        "date_from_datetime_parsing": "write a date as 2024-05-26",
        "date_from_datetime_inexact": "write a date as 2024-05-26",
        "date_parsing": "write a date as 2024-05-26",
        "string_pattern_mismatch": "it has characters that are not allowed here",
        "string_too_long": f"write at most {context.get('max_length')} characters",
    }
    return told.get(item["type"], str(item["msg"]).removeprefix("Value error, "))


def _bug(request: Request, _error: Exception) -> Response:
    body = problems.body(
        "internal", 500, problems.SORRY, request_id=exchange_of(request).request_id
    )
    return _respond(500, body, {})


def _respond(status: int, body: bytes, headers: dict[str, str]) -> Response:
    return Response(
        body,
        status,
        {"Cache-Control": "no-store", **headers},
        media_type=problems.MEDIA_TYPE,
    )
