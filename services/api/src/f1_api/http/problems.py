"""Errors as RFC 9457 problem details: a JSON document that says what to do.

Problem                    status
├── NotFound               404  nothing there; says what to write
├── Invalid                422  a parameter cannot be read; `errors` lists all of them
├── RangeNotSatisfiable    416  the answer is shorter than the range that is asked for
├── Gone                   410  a page cursor from an older state of the data
├── Unauthorized           401  a key is missing or wrong
├── QuotaExceeded          429  the caller's limit is used up: says when to come back
├── Unavailable            503  the database is away or busy: try again
└── (500)                       a bug; the log has it under the request id
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec

MEDIA_TYPE = "application/problem+json"


class FieldError(msgspec.Struct, frozen=True, omit_defaults=True):
    """One parameter that could not be read, and what to write instead."""

    parameter: str
    message: str
    got: str | None = None


class ProblemDetails(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What went wrong, as RFC 9457 has it: `type` to tell problems apart, `detail` for people."""

    type: str
    title: str
    status: int
    detail: str
    request_id: str | None = None
    errors: list[FieldError] | None = None
    start_again: str | None = None


class Problem(Exception):
    """An answer that is an error. `type` is a word, stable, to be compared by programs."""

    type = "problem"
    status = 500

    def __init__(
        self,
        detail: str,
        *,
        errors: list[FieldError] | None = None,
        start_again: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = errors
        self.start_again = start_again
        self.headers = dict(headers or {})


class NotFound(Problem):
    """There is nothing at this address."""

    type = "not-found"
    status = 404


class Invalid(Problem):
    """A parameter cannot be read."""

    type = "invalid-parameter"
    status = 422


class Gone(Problem):
    """A cursor holds to a state of the data that is no more."""

    type = "stale-cursor"
    status = 410


class RangeNotSatisfiable(Problem):
    """The range that is asked for begins after the end."""

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
        # Basic as well, so that a browser asks: any user name, the key as the password.
        challenge = 'Bearer realm="f1-api", Basic realm="f1-api: the key is the password"'
        super().__init__(detail, headers={"WWW-Authenticate": challenge})


class QuotaExceeded(Problem):
    """The caller made as many requests as it may."""

    type = "quota-exceeded"
    status = 429

    def __init__(self, detail: str, *, retry_after_s: int) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after_s)})


class Unavailable(Problem):
    """The database is away or busy."""

    type = "unavailable"
    status = 503

    def __init__(self, detail: str, *, retry_after_s: int) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after_s)})


def details_of(problem: Problem, request_id: str | None) -> ProblemDetails:
    """What an answer says of a problem."""
    return details(
        problem.type,
        problem.status,
        problem.detail,
        request_id=request_id,
        errors=problem.errors,
        start_again=problem.start_again,
    )


def details(kind: str, status: int, detail: str, **members: Any) -> ProblemDetails:
    """A problem of a kind that is no exception of ours."""
    return ProblemDetails(
        type=f"urn:f1:problem:{kind}",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        **members,
    )


def bug(request_id: str | None) -> ProblemDetails:
    """What an answer says of a bug."""
    return details("internal", 500, _SORRY, request_id=request_id)


def invalid(errors: list[FieldError]) -> Invalid:
    """An :class:`Invalid` whose detail reads well for one error and for many."""
    told = "; ".join(f"{error.parameter}: {error.message}" for error in errors)
    return Invalid(told, errors=errors)


_SORRY = "internal error: the log has the details under the request id"
