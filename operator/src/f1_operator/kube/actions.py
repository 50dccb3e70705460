"""Changes to the cluster that a decision requests. Each is idempotent."""

from dataclasses import dataclass
from typing import Any

from f1_operator.jobs.observed import ObservedJob
from f1_operator.season.events import Event


@dataclass(frozen=True)
class CreateJob:
    """Create a Job, unless it exists. `why` becomes an event for people."""

    manifest: dict[str, Any]
    why: str = ""


@dataclass(frozen=True)
class DeleteJob:
    """Delete a Job and its pods, if it exists. `why` becomes an event for people."""

    job: ObservedJob
    why: str = ""


@dataclass(frozen=True)
class PatchJob:
    """Patch the two mutable fields of a Job; None keeps a field."""

    job: ObservedJob
    suspend: bool | None = None
    parallelism: int | None = None


@dataclass(frozen=True)
class SetFinalizers:
    """Replace the Season's finalizers, and post `event`."""

    finalizers: tuple[str, ...]
    event: Event | None = None


Action = CreateJob | DeleteJob | PatchJob | SetFinalizers
