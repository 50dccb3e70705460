"""Errors of FastAPI and of handlers as problem details."""

from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from f1_api.http import problems
from f1_api.http.problems import FieldError, Problem, ProblemDetails
from f1_api.http.request_context import exchange_of
from f1_api.http.responses import raw_response
from f1_api.server.problem_responses import answer

_SHOWN = 100
_HINT = "/ and /docs show what there is"
_KINDS = {404: "not-found", 405: "method-not-allowed"}


def install(app: FastAPI) -> None:
    """Register handlers that respond to all errors with problem details."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(Exception, _bug)


def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    details = problems.details_of(error, exchange_of(request).request_id)
    return _respond(request, details, error.headers)


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    detail = error.detail
    headers = dict(error.headers or {})
    if error.status_code == 404:
        detail = f"there is no page at {_short(request.scope['path'])}: {_HINT}"
    elif error.status_code == 405:
        headers["Allow"] = "GET, HEAD"
        detail = f"{request.method} is not allowed: the API is read-only, use GET or HEAD"
    kind = _KINDS.get(error.status_code, HTTPStatus(error.status_code).phrase.lower())
    details = problems.details(
        kind.replace(" ", "-"),
        error.status_code,
        detail,
        request_id=exchange_of(request).request_id,
    )
    return _respond(request, details, headers)


def _validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    found = problems.invalid([_field_error(item) for item in error.errors()])
    return _problem(request, found)


def _field_error(item: dict[str, Any]) -> FieldError:
    name = ".".join(str(part) for part in item["loc"][1:]) or str(item["loc"][0])
    got = item.get("input")
    return FieldError(name, _message(item), None if got is None else str(got)[:100])


def _message(item: dict[str, Any]) -> str:
    context = item.get("ctx", {})
    messages = {
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
    return messages.get(item["type"], str(item["msg"]).removeprefix("Value error, "))


def _bug(request: Request, _error: Exception) -> Response:
    return _respond(request, problems.bug(exchange_of(request).request_id), {})


def _short(path: str) -> str:
    """A quoted path for a message, at most 100 characters."""
    written = quote(path[:_SHOWN], safe="/")
    return written if len(path) <= _SHOWN else f"{written}..."


def _respond(request: Request, details: ProblemDetails, headers: dict[str, str]) -> Response:
    written, body = answer(details, request.scope, exchange_of(request), headers)
    return raw_response(details.status, written, body)
