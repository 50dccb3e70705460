"""The operator's Jobs as immutable values, with indexes read as rounds."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from f1_operator import names

Outcome = Literal["Complete", "Failed"]


@dataclass(frozen=True)
class ObservedJob:
    """A Job of the operator.

    Attributes:
        task: plan, backfill, refresh or purge.
        work: what it fetches, as :func:`f1_operator.jobs.manifests.work_text` writes it.
        rounds: the round of each index; empty for a Job without rounds.
        failed: rounds whose index failed; completed: rounds whose index succeeded.
        reason, message: of the condition that ended it.
    """

    namespace: str
    name: str
    uid: str
    resource_version: str
    season_uid: str
    season_key: str
    task: str
    created_at: datetime
    attempt: str = ""
    work: str = ""
    stamp: str = ""
    plan_generation: int = 0
    rounds: tuple[int, ...] = ()
    completed: frozenset[int] = frozenset()
    failed: frozenset[int] = frozenset()
    suspended: bool = False
    parallelism: int = 1
    active: int = 0
    outcome: Outcome | None = None
    reason: str = ""
    message: str = ""
    finished_at: datetime | None = None
    deleting: bool = False

    @property
    def finished(self) -> bool:
        """Whether it is Complete or Failed."""
        return self.outcome is not None

    @property
    def unfinished_rounds(self) -> frozenset[int]:
        """Rounds that it still fetches."""
        if self.finished:
            return frozenset()
        return frozenset(self.rounds) - self.completed - self.failed

    @classmethod
    def read(cls, body: Any) -> "ObservedJob":
        """Parse a Job object with our labels.

        Raises:
            KeyError: a label or field that each of our Jobs has is missing.
        """
        metadata, spec = body["metadata"], body["spec"]
        status = body.get("status") or {}
        labels = metadata["labels"]
        annotations = metadata.get("annotations") or {}
        rounds = _rounds(spec)
        ended = _ended(status)
        return cls(
            namespace=metadata["namespace"],
            name=metadata["name"],
            uid=metadata["uid"],
            resource_version=metadata["resourceVersion"],
            season_uid=labels[names.SEASON_UID_LABEL],
            season_key=annotations.get(
                names.SEASON_ANNOTATION, f"{metadata['namespace']}/{labels[names.SEASON_LABEL]}"
            ),
            task=labels[names.TASK_LABEL],
            created_at=_time(metadata["creationTimestamp"]),
            attempt=labels.get(names.ATTEMPT_LABEL, ""),
            work=annotations.get(names.WORK_ANNOTATION, ""),
            stamp=annotations.get(names.STAMP_ANNOTATION, ""),
            plan_generation=int(labels.get(names.PLAN_LABEL, 0)),
            rounds=rounds,
            completed=_at(rounds, status.get("completedIndexes")),
            failed=_at(rounds, status.get("failedIndexes")),
            suspended=bool(spec.get("suspend")),
            parallelism=spec.get("parallelism", 1),
            active=status.get("active", 0),
            outcome=ended.get("type"),
            reason=ended.get("reason", ""),
            message=ended.get("message", ""),
            finished_at=_time(ended["lastTransitionTime"]) if ended else None,
            deleting="deletionTimestamp" in metadata,
        )


def parse_indexes(text: str | None) -> list[int]:
    """Parse completedIndexes or failedIndexes of a Job's status.

    >>> parse_indexes("1,3-5")
    [1, 3, 4, 5]
    """
    indexes: list[int] = []
    for part in (text or "").split(","):
        if part:
            first, _, last = part.partition("-")
            indexes += range(int(first), int(last or first) + 1)
    return indexes


def _rounds(spec: Any) -> tuple[int, ...]:
    for variable in spec["template"]["spec"]["containers"][0].get("env") or ():
        if variable["name"] == names.ROUNDS_VARIABLE:
            return tuple(json.loads(variable["value"]))
    return ()


def _at(rounds: tuple[int, ...], indexes: str | None) -> frozenset[int]:
    return frozenset(rounds[index] for index in parse_indexes(indexes) if index < len(rounds))


def _ended(status: Any) -> Any:
    for condition in status.get("conditions") or ():
        if condition["type"] in ("Complete", "Failed") and condition["status"] == "True":
            return condition
    return {}


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
