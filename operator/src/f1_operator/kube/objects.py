"""Kubernetes' objects as typed values; an object that cannot be read is logged and left out."""

from typing import Any

import msgspec
import structlog

from f1_operator.jobs.observed import ObservedJob
from f1_operator.season.resource import Season

log = structlog.get_logger()


def read_season(body: Any) -> Season | None:
    """A Season; None if the CRD in the cluster has another schema."""
    try:
        return Season.read(body)
    except msgspec.ValidationError as error:
        metadata = body.get("metadata", {})
        name = f"{metadata.get('namespace')}/{metadata.get('name')}"
        log.warning(
            "cannot read Season: is the CRD of another version?", name=name, error=str(error)
        )
        return None


def read_job(body: Any) -> ObservedJob | None:
    """A Job of ours; None if it only has our label."""
    try:
        return ObservedJob.read(body)
    except (KeyError, ValueError, TypeError) as error:
        name = body.get("metadata", {}).get("name")
        log.warning("a Job with our label is not ours", job=name, error=str(error))
        return None
