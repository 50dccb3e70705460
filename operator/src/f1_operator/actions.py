"""What a decision wants done to the cluster. Each is safe to do twice."""

from dataclasses import dataclass
from typing import Any

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
    """Replace the Season's finalizers. `why` becomes an event for people."""

    finalizers: tuple[str, ...]
    why: str = ""


Action = CreateJob | DeleteJob | PatchJob | SetFinalizers
