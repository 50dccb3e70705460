"""The middleware around the application: request id, key, rate limit, cache, metrics, log.

It is plain ASGI before the routing, so that a cached response costs little more than a constant
one. Cached and other responses are counted and logged in the same way.
"""

import time
from collections.abc import Mapping
from typing import Any

import structlog
from starlette.middleware.cors import CORSMiddleware

from f1_api.auth.rate_limits import address
from f1_api.http import problems, ranges
from f1_api.http.cache import Entry, Fixed, Header, Key
from f1_api.http.negotiation import matches
from f1_api.http.problems import Problem, ProblemDetails, QuotaExceeded
from f1_api.http.proxies import TrustedProxies
from f1_api.http.request_context import UNKNOWN, Exchange
from f1_api.http.responses import NOSNIFF
from f1_api.server.access_log import AccessLog
from f1_api.server.problem_responses import answer
from f1_api.service import Service

log = structlog.get_logger()

PROBES = frozenset(("/healthz", "/livez", "/readyz"))
"""Addresses without key and rate limit."""
DOCUMENTATION = frozenset(("/docs", "/openapi.json"))
"""Addresses without key, since they describe keys; rate limits of addresses apply."""
_ERGAST = "/ergast/"


class Middleware:
    """ASGI middleware around the whole application."""

    def __init__(self, app: Any, service: Service, access_log: AccessLog) -> None:
        self._app = app
        self.service = service
        self._access_log = access_log
        self._proxies = TrustedProxies.read(service.settings.trusted_proxies)
        origins = service.settings.origins.split()
        self._enter: Any = self._answer
        if origins:
            self._enter = CORSMiddleware(
                self._answer,
                allow_origins=origins,
                allow_methods=("GET", "HEAD"),
                allow_headers=(
                    "Authorization",
                    "If-None-Match",
                    "If-Range",
                    "Range",
                    "X-API-Key",
                    # Not used, but scripts send them, and browsers would block those requests.
                    "Cache-Control",
                    "User-Agent",
                    "X-Requested-With",
                ),
                expose_headers=(
                    "Accept-Ranges",
                    "Content-Length",
                    "Content-Range",
                    "ETag",
                    "Link",
                    "RateLimit",
                    "RateLimit-Policy",
                    "Retry-After",
                    "X-F1-Complete",
                    "X-Request-Id",
                ),
            )

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Handle a request; other messages (start and end of the process) are passed on."""
        if scope["type"] == "http" and self._proxies is not None:
            self._proxies.apply(scope)
        if self._enter is not self._answer and scope.get("method") == "OPTIONS":
            send = _nosniff(send)  # Starlette responds to preflights
        await self._enter(scope, receive, send)

    async def _answer(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = scope["path"]
        if "//" in path or (path[-1:] == "/" and path != "/"):
            # Extra slashes are ignored: not all clients follow a redirect.
            scope = {**scope, "path": "/" + "/".join(filter(None, path.split("/")))}
        exchange = Exchange.of(scope["headers"])
        method = scope["method"]
        try:
            await self._admit(scope, exchange)
            entry = self._kept(scope, exchange, method)
            if entry is not None:
                freshness = self.service.serving.freshness
                fresh = (
                    freshness.revalidate if entry.fixed else freshness.headers(dated=entry.dated)
                )
                await _send_entry(entry, fresh, exchange, send, with_body=method == "GET")
            else:
                await self._pass_on(scope, exchange, receive, send)
        except Problem as problem:
            details = problems.details_of(problem, exchange.request_id)
            await _send_problem(details, scope, exchange, send, problem.headers)
        finally:
            seconds = time.perf_counter() - exchange.started
            self.service.metrics.count(
                method, exchange.endpoint, exchange.status, seconds, cached=exchange.cached
            )
            self._access_log.log(scope, exchange, seconds)

    def document(self) -> dict[str, Any]:
        """The OpenAPI document."""
        return self._app.openapi()  # type: ignore[no-any-return]

    async def _admit(self, scope: Any, exchange: Exchange) -> None:
        """Check the key, and count the request if its caller has a limit.

        Raises:
            Unauthorized: the key is missing or wrong.
            QuotaExceeded: the limit is used up.
            Unavailable: keys or limits cannot be checked at the moment.
        """
        service = self.service
        path = scope["path"]
        if path in PROBES:
            return
        keys = service.keys
        is_open = path in DOCUMENTATION or self._is_open(path, exchange)
        if keys is not None and not is_open:
            exchange.key_id = keys.check(exchange.given_key, exchange.authorization)
        if exchange.key_id is None:
            limit = service.settings.anonymous_limit
        else:
            limit = keys.limits.get(exchange.key_id) if keys else None
        if limit is None:
            return
        policy = "address" if exchange.key_id is None else "key"
        caller = exchange.key_id or address(scope)
        status = exchange.rate_limit_status = await service.quotas.spend(policy, caller, limit)
        if status.refused:
            raise QuotaExceeded(
                f"the limit of this {policy}, {limit}, is exceeded:"
                f" retry in {status.retry_after_s} s",
                retry_after_s=status.retry_after_s,
            )

    def _kept(self, scope: Any, exchange: Exchange, method: str) -> Entry | None:
        """The cached response, if there is one."""
        if method not in ("GET", "HEAD"):
            return None
        if method == "HEAD":
            exchange.range = None  # RFC 9110, 14.2: ranges are defined for GET alone
        cache = self.service.cache
        path = scope["path"]
        if path in DOCUMENTATION:
            # It takes no parameters, so "?&" is the same address.
            if scope["query_string"].strip(b"&"):
                return None
            exchange.fixed = Fixed(path, exchange.gzip)
            return cache.fixed.get(exchange.fixed)
        # Only its answers repeat the host of the request.
        origin = b""
        if path.startswith(_ERGAST):
            origin = f"{scope['scheme']}://".encode() + exchange.host
        key = Key(path, scope["query_string"], exchange.accepted, exchange.gzip, origin)
        entry = cache.get(key, exchange.day)
        if entry is None:
            exchange.ticket = cache.ticket(key, exchange.day)
        return entry

    def _is_open(self, path: str, exchange: Exchange) -> bool:
        """Whether the address needs no key, and the request has none."""
        without = exchange.given_key is None and exchange.authorization is None
        return self.service.settings.ergast_open and path.startswith(_ERGAST) and without

    async def _pass_on(self, scope: Any, exchange: Exchange, receive: Any, send: Any) -> None:
        head = scope["method"] == "HEAD"
        inner = {**scope, "method": "GET"} if head else scope
        exchange.attach(inner)

        async def watched(message: Any) -> None:
            if message["type"] == "http.response.start":
                exchange.status = message["status"]
                message["headers"] = [*message["headers"], *exchange.own_headers]
            else:
                exchange.sent += 0 if head else len(message.get("body", b""))
                if head:
                    message = {**message, "body": b""}
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=exchange.request_id):
            try:
                await self._app(inner, receive, watched)
            except Exception:
                # The application responds with 500 and raises the error again.
                log.exception("request failed", path=scope["path"])
                if not exchange.status:
                    details = problems.bug(exchange.request_id)
                    await _send_problem(details, scope, exchange, send, {})
            finally:
                if exchange.endpoint == UNKNOWN:
                    exchange.endpoint = getattr(inner.get("route"), "path", UNKNOWN)


def _nosniff(send: Any) -> Any:
    async def sends(message: Any) -> None:
        if message["type"] == "http.response.start" and NOSNIFF not in message["headers"]:
            message = {**message, "headers": [*message["headers"], NOSNIFF]}
        await send(message)

    return sends


async def _send_entry(
    entry: Entry, fresh: list[Header], exchange: Exchange, send: Any, *, with_body: bool
) -> None:
    exchange.cached = True
    exchange.endpoint = entry.endpoint
    own = fresh + exchange.own_headers
    if exchange.if_none_match is not None and matches(exchange.if_none_match, entry.etag):
        exchange.status = 304
        await _send(send, 304, [*entry.headers_304, *own], b"")
        return
    status, headers, body = ranges.select(exchange, entry.headers, entry.etag, entry.body)
    exchange.status = status
    exchange.sent = len(body) if with_body else 0
    await _send(send, status, [*headers, *own], body if with_body else b"")


async def _send(send: Any, status: int, headers: list[Header], body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _send_problem(
    details: ProblemDetails, scope: Any, exchange: Exchange, send: Any, more: Mapping[str, str]
) -> None:
    exchange.status = details.status
    headers, body = answer(details, scope, exchange, more)
    await _send(send, details.status, [*headers, *exchange.own_headers], body)
