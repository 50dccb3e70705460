"""The first things to inspect after a failed test on the cluster."""

from collections.abc import Callable
from typing import Any

from f1_devkit.kubernetes.kubectl import Kubectl, KubectlFailed

_EVENTS = 40
_LINES = 40


def report(kubectl: Kubectl) -> str:
    """Conditions of Seasons and Jobs, pods, events and logs of a namespace."""
    parts: list[tuple[str, Callable[[], str]]] = [
        ("seasons", lambda: _conditions(kubectl, "seasons.f1.telemetry.dev")),
        ("jobs", lambda: _conditions(kubectl, "jobs")),
        ("pods", lambda: kubectl("get", "pods", "--output", "wide")),
        ("events", lambda: _events(kubectl)),
        ("logs", lambda: _logs(kubectl)),
    ]
    text = []
    for title, look in parts:
        try:
            found = look().strip()
        except KubectlFailed as error:
            found = "" if "the server doesn't have a resource type" in error.error else error.error
        if found:
            text.append(f"--- {title} of namespace {kubectl.namespace}\n{found}")
    return "\n".join(text)


def _conditions(kubectl: Kubectl, kind: str) -> str:
    lines = []
    for item in kubectl.list(kind):
        status = item.get("status", {})
        counts = {
            name: value
            for name, value in status.items()
            if isinstance(value, str | int) and name != "observedGeneration"
        }
        lines.append(f"{item['metadata']['name']}  {counts}")
        lines += [f"  {_condition(condition)}" for condition in status.get("conditions", [])]
    return "\n".join(lines)


def _condition(condition: dict[str, Any]) -> str:
    text = f"{condition.get('reason', '')}: {condition.get('message', '')}"
    return f"{condition['type']}={condition['status']} {text}"


def _events(kubectl: Kubectl) -> str:
    columns = "TIME:.lastTimestamp,FIRST:.eventTime,KIND:.involvedObject.kind"
    columns += ",NAME:.involvedObject.name,REASON:.reason,MESSAGE:.message"
    text = kubectl(
        *("get", "events", "--sort-by=.metadata.creationTimestamp"),
        *("--output", f"custom-columns={columns}", "--no-headers"),
    )
    return "\n".join(text.splitlines()[-_EVENTS:])


def _logs(kubectl: Kubectl) -> str:
    text = []
    for pod in kubectl.list("pods"):
        name = pod["metadata"]["name"]
        statuses = pod["status"].get("containerStatuses", [])
        if any(status["restartCount"] for status in statuses):
            text.append(_log(kubectl, name, previous=True))
        # A pod that succeeded is rarely the cause.
        if pod["status"]["phase"] != "Succeeded":
            text.append(_log(kubectl, name, previous=False))
    return "\n".join(text)


def _log(kubectl: Kubectl, pod: str, *, previous: bool) -> str:
    which = " before its restart" if previous else ""
    try:
        text = kubectl.logs(f"pod/{pod}", tail=_LINES, previous=previous).strip()
    except KubectlFailed as error:
        text = error.error
    return f"{pod}{which}:\n{text}"
