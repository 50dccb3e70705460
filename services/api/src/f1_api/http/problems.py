"""Errors as RFC 9457 problem details: a JSON document with what to do.

A bug answers 500; the log has its details under the request id.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec

MEDIA_TYPE = "application/problem+json"


class FieldError(msgspec.Struct, frozen=True, omit_defaults=True):
    """One invalid parameter, and what to write instead."""

    parameter: str
    message: str
    got: str | None = None


class ProblemDetails(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A problem as RFC 9457 defines it: `type` for programs, `detail` for people."""

    type: str
    title: str
    status: int
    detail: str
    request_id: str | None = None
    errors: list[FieldError] | None = None
    start_again: str | None = None


class Problem(Exception):
    """A response that is an error. `type` is a stable word, for programs to compare."""

    type = "problem"
    status = 500

    def __init__(
        self,
        detail: str,
        *,
        errors: list[FieldError] | None = None,
        start_again: str | None = None,
        retry_after_s: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = errors
        self.start_again = start_again
        self.headers = dict(headers or {})
        if retry_after_s is not None:
            self.headers["Retry-After"] = str(retry_after_s)


class NotFound(Problem):
    """Nothing is at this address; `detail` says what to write."""

    type = "not-found"
    status = 404


class Invalid(Problem):
    """Parameters are invalid; `errors` lists all of them."""

    type = "invalid-parameter"
    status = 422


class Gone(Problem):
    """A cursor belongs to an older state of the data."""

    type = "stale-cursor"
    status = 410


class RangeNotSatisfiable(Problem):
    """The requested range begins after the end of the response."""

    type = "range-not-satisfiable"
    status = 416

    def __init__(self, size: int) -> None:
        super().__init__(
            f"the response has {size} bytes: ask for a range within them, such as "
            f"bytes=0-{size - 1}",
            headers={"Content-Range": f"bytes */{size}"},
        )


class Unauthorized(Problem):
    """A key is missing, wrong, expired or revoked."""

    type = "key-needed"
    status = 401

    def __init__(self, detail: str) -> None:
        # With Basic, a browser shows a login form: any user name, the key as the password.
        challenge = 'Bearer realm="f1-api", Basic realm="f1-api: the key is the password"'
        super().__init__(detail, headers={"WWW-Authenticate": challenge})


class QuotaExceeded(Problem):
    """The caller exceeded its rate limit."""

    type = "quota-exceeded"
    status = 429


class Unavailable(Problem):
    """The database is unavailable or busy."""

    type = "unavailable"
    status = 503


def details_of(problem: Problem, request_id: str | None) -> ProblemDetails:
    """The body of a response with a problem."""
    return details(
        problem.type,
        problem.status,
        problem.detail,
        request_id=request_id,
        errors=problem.errors,
        start_again=problem.start_again,
    )


def details(kind: str, status: int, detail: str, **members: Any) -> ProblemDetails:
    """The same for a problem without an exception."""
    return ProblemDetails(
        type=f"urn:f1:problem:{kind}",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        **members,
    )


def bug(request_id: str | None) -> ProblemDetails:
    """The body of a response after a bug."""
    sorry = "internal error: the log has the details under the request id"
    return details("internal", 500, sorry, request_id=request_id)


def invalid(errors: list[FieldError]) -> Invalid:
    """The problem with these parameters, for one error or several."""
    detail = "; ".join(f"{error.parameter}: {error.message}" for error in errors)
    return Invalid(detail, errors=errors)
