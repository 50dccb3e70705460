"""Models of probes."""

from typing import Annotated

from msgspec import Struct

from f1_api.descriptions import doc


class DatabaseHealth(Struct, frozen=True, omit_defaults=True):
    """Whether the database responds."""

    status: Annotated[str, doc("ok or away")]
    latency_ms: float | None = None
    error: str | None = None


class Health(Struct, frozen=True):
    """Health of the process and of the database."""

    status: Annotated[str, doc("ok or unhealthy")]
    database: DatabaseHealth


class Liveness(Struct, frozen=True):
    """Whether the process responds."""

    status: str


class Readiness(Struct, frozen=True):
    """Whether this process is ready for requests."""

    status: Annotated[str, doc("ready or not ready")]
    schema: Annotated[str | None, doc("the database's schema revision")]
    problems: list[str]
