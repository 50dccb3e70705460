"""Names that users depend on: API group, labels, annotations, finalizer.

All are under our own prefix; kopf's are not used.
"""

GROUP = "f1.telemetry.dev"
VERSION = "v1alpha1"
PLURAL = "seasons"
KIND = "Season"
API_VERSION = f"{GROUP}/{VERSION}"

FINALIZER = f"{GROUP}/purge"
"""Only on a Season whose rows are purged when it is deleted."""

RETRY = f"{GROUP}/retry"
"""Annotation of a Season: a new value retries failed rounds."""

RELEASE = f"{GROUP}/release-finalizer"
"""Annotation of a Season being deleted: any value removes our finalizer without a purge."""

MANAGED_BY_LABEL = "app.kubernetes.io/managed-by"
MANAGER = "f1-operator"
MANAGED = f"{MANAGED_BY_LABEL}={MANAGER}"
"""Selects the Jobs that are ours."""

SEASON_LABEL = f"{GROUP}/season"
SEASON_UID_LABEL = f"{GROUP}/season-uid"
TASK_LABEL = f"{GROUP}/task"
ATTEMPT_LABEL = f"{GROUP}/attempt"
PLAN_LABEL = f"{GROUP}/plan-generation"

WORK_ANNOTATION = f"{GROUP}/work"
"""On a Job: what it fetches, as JSON, to be compared with its Season's spec."""

STAMP_ANNOTATION = f"{GROUP}/stamp"
"""On a Job: why it is needed again, such as the time of the plan that it replaces."""

ROUNDS_VARIABLE = "F1_ROUNDS_BY_INDEX"
"""In a Job's template: a JSON list, the round of each index."""

TASK_PLAN = "plan"
TASK_BACKFILL = "backfill"
TASK_REFRESH = "refresh"
TASK_PURGE = "purge"

SEASON_ANNOTATION = f"{GROUP}/season"
"""On a Job outside its Season's namespace: `namespace/name` of the Season."""
