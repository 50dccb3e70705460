"""What probes are told."""

from typing import Annotated

from msgspec import Meta, Struct


class DatabaseHealth(Struct, frozen=True, omit_defaults=True):
    """Whether the database answers."""

    status: Annotated[str, Meta(description="ok or away")]
    latency_ms: float | None = None
    error: str | None = None


class Health(Struct, frozen=True):
    """Whether the process and the database are well."""

    status: Annotated[str, Meta(description="ok or unhealthy")]
    database: DatabaseHealth


class Liveness(Struct, frozen=True):
    """Whether the process turns."""

    status: str


class Readiness(Struct, frozen=True):
    """Whether requests should be sent here."""

    status: Annotated[str, Meta(description="ready or not ready")]
    schema: Annotated[str | None, Meta(description="the database's schema revision")]
    problems: list[str]
