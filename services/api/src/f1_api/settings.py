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
    """How to serve.

    Attributes:
        host: loopback unless said otherwise: what listens for others is a decision.
        keys: ``required``; ``optional`` (no key is fine, a wrong one is not); ``off``; or ``auto``:
            off on a loopback address, required on any other.
        operator_key: a key that is accepted beside those of the database, for the operator.
        anonymous_limit: requests that an address may make without a key, such as 1000/hour; none:
            unlimited.
        pool_size: connections to Postgres, and so queries at the same time.
        pool_wait_s: how long a request waits for one of them before it is told to come back.
        cache_mb: memory for ready answers; 0 switches the cache off.
        max_age_s: how long others may keep an answer without asking again; 0: they ask each time,
            which costs a 304.
        shared_max_age_s: how long shared caches may, such as a CDN; 0: as long as the others.
        stale_while_revalidate_s: how long they may give out a stale one while they ask.
        stale_if_error_s: how long they may while there is no answer, or a 5xx.
        grace_s: how long requests may take to finish after SIGTERM.
        trusted_proxies: whose X-Forwarded-For is believed: the number of proxies in front (``*``
            is one, whatever its address), or their addresses and ranges; empty: none.
        metrics_port: of /metrics; 0: metrics are not served.
        metrics_host: where it listens; empty: where the API does.
        datasets_at_once: files of datasets that are made at the same time, in memory.
        max_connections: of clients at once; one more ends the one that has waited longest.
        max_line_bytes: the request line, or one header.
        max_head_bytes: the request line and all headers.
        max_headers: number of headers.
        max_body_bytes: a request's body, which is read and thrown away.
        request_timeout_s: for a request's headers, and again for its body.
        send_timeout_s: for the client to read some of an answer that waits.
        keep_alive_s: between requests on a connection.
        max_unread_mb: answers that clients have not read, all together.
        origins: sites whose pages may read answers (CORS), separated by spaces; ``*``: all.
        ergast_max_limit: rows on a page of ``/ergast`` at most; Jolpica's own is 100.
        ergast_open: whether ``/ergast`` needs no key, for clients that cannot send one.
        build: what was built, such as a commit; part of every ETag.
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
        """What clients may send, and how long they may take."""
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
        """`keys` with ``auto`` decided."""
        if self.keys != "auto":
            return self.keys
        return "off" if _is_loopback(self.host) else "required"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
