"""Settings of the API, from the environment, prefix ``F1_API_``."""

import ipaddress
from importlib.metadata import version
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings, NoDecode

from f1_api.auth.keys import read_key
from f1_api.auth.rate_limits import Limit
from f1_api.http.limits import HttpLimits
from f1_api.http.proxies import TrustedProxies


def _api_key(key: SecretStr) -> SecretStr:
    read_key(key.get_secret_value())
    return key


def _limit(written: object) -> object:
    return (
        (Limit.read(written) if written.strip() else None) if isinstance(written, str) else written
    )


def _proxies(written: str) -> str:
    TrustedProxies.read(written)
    return written


OptionalLimit = Annotated[Limit | None, NoDecode, BeforeValidator(_limit)]
Seconds = Annotated[int, Field(ge=0, le=31_536_000)]
Proxies = Annotated[str, AfterValidator(_proxies)]
ApiKey = Annotated[SecretStr, AfterValidator(_api_key)]
KeyMode = Literal["auto", "required", "optional", "off"]


class ApiSettings(BaseSettings, env_prefix="F1_API_", extra="ignore"):
    """Settings of the API.

    Attributes:
        host: address to listen at; the default accepts connections of this machine only.
        keys: ``required``; ``optional`` (no key is fine, a wrong one is not); ``off``; or ``auto``:
            off on a loopback address, required on any other.
        operator_key: a key for the operator, accepted besides those of the database.
        anonymous_limit: rate limit of an address without a key, such as 1000/hour; empty:
            unlimited.
        pool_size: connections to Postgres, and so queries at the same time.
        pool_wait_s: how long a request waits for one of them before a 503.
        cache_mb: memory for cached answers; 0 disables the cache.
        max_age_s: `max-age`; 0: caches revalidate each time, which costs a 304.
        shared_max_age_s: `s-maxage`, for shared caches such as a CDN; 0: as `max_age_s`.
        stale_while_revalidate_s: `stale-while-revalidate`.
        stale_if_error_s: `stale-if-error`.
        grace_s: how long requests may take to finish after SIGTERM.
        trusted_proxies: proxies whose X-Forwarded-For is used: their number (``*`` is one), or
            their addresses and ranges; empty: none.
        metrics_port: port of /metrics; 0: metrics are not served.
        metrics_host: its address; empty: the same as `host`.
        datasets_at_once: files of datasets that are built at the same time, in memory.
        max_connections: connections of clients; one more closes the one that has waited longest.
        max_line_bytes: size of the request line, and of a header.
        max_head_bytes: size of the request line and all headers.
        max_headers: number of headers.
        max_body_bytes: size of a request's body, which is read and ignored.
        request_timeout_s: for a request's headers, and again for its body.
        send_timeout_s: for the client to read a part of a waiting response.
        keep_alive_s: between requests on a connection.
        max_unread_mb: size of all responses that clients have not read.
        origins: origins allowed by CORS, separated by spaces; ``*``: all.
        ergast_max_limit: most rows on a page of ``/ergast``; Jolpica has 100.
        ergast_open: ``/ergast`` needs no key, for clients that cannot send one.
        build: name of the build, such as a commit; part of every ETag.
    """

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    keys: KeyMode = "auto"
    operator_key: ApiKey | None = None
    anonymous_limit: OptionalLimit = None
    pool_size: int = Field(default=8, ge=1, le=200)
    pool_wait_s: float = Field(default=2.0, gt=0)
    statement_timeout_s: float = Field(default=10.0, gt=0)
    cache_mb: float = Field(default=64.0, ge=0)
    max_age_s: Seconds = 0
    shared_max_age_s: Seconds = 0
    stale_while_revalidate_s: Seconds = 0
    stale_if_error_s: Seconds = 0
    grace_s: int = Field(default=20, ge=0)
    trusted_proxies: Proxies = ""
    metrics_host: str = ""
    metrics_port: int = Field(default=0, ge=0, le=65535)
    max_connections: int = Field(default=1000, ge=1, le=1_000_000)
    max_line_bytes: int = Field(default=8 * 1024, ge=256, le=1024 * 1024)
    max_head_bytes: int = Field(default=32 * 1024, ge=256, le=4 * 1024 * 1024)
    max_headers: int = Field(default=100, ge=1, le=10_000)
    max_body_bytes: int = Field(default=1024 * 1024, ge=0, le=1024 * 1024 * 1024)
    request_timeout_s: float = Field(default=60.0, gt=0)
    send_timeout_s: float = Field(default=60.0, gt=0)
    keep_alive_s: float = Field(default=75.0, ge=0)
    max_unread_mb: float = Field(default=64.0, gt=0)
    origins: str = ""
    ergast_max_limit: int = Field(default=100, ge=1, le=100_000)
    ergast_open: bool = False
    build: str = version("f1-api")

    datasets_at_once: int = Field(default=2, ge=1, le=100)

    @property
    def http_limits(self) -> HttpLimits:
        """Limits of sizes, times and connections."""
        return HttpLimits(
            line=self.max_line_bytes,
            head=self.max_head_bytes,
            headers=self.max_headers,
            body=self.max_body_bytes,
            request_s=self.request_timeout_s,
            send_s=self.send_timeout_s,
            keep_alive_s=self.keep_alive_s,
            connections=self.max_connections,
            unread=int(self.max_unread_mb * 1024 * 1024),
        )

    @property
    def keys_used(self) -> Literal["required", "optional", "off"]:
        """`keys`, with ``auto`` resolved."""
        if self.keys != "auto":
            return self.keys
        return "off" if _is_loopback(self.host) else "required"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
