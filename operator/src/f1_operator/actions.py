"""What a decision wants done to the cluster. Each is safe to do twice."""

from dataclasses import dataclass
from typing import Any

from f1_operator.events import Event
from f1_operator.jobs import ObservedJob


@dataclass(frozen=True)
class CreateJob:
    """Create a Job; that it is there already is fine. `why` becomes an event for people."""

    manifest: dict[str, Any]
    why: str = ""


@dataclass(frozen=True)
class DeleteJob:
    """Delete a Job and its pods; that it is gone already is fine."""

    job: ObservedJob
    why: str = ""


@dataclass(frozen=True)
class PatchJob:
    """Change the two fields of a Job that can be changed; None leaves one as it is."""

    job: ObservedJob
    suspend: bool | None = None
    parallelism: int | None = None


@dataclass(frozen=True)
class SetFinalizers:
    """Replace the Season's finalizers; `event` tells people of it."""

    finalizers: tuple[str, ...]
    event: Event | None = None


Action = CreateJob | DeleteJob | PatchJob | SetFinalizers
