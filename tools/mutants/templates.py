"""Mutants of the chart's templates: a protective field is missing, or allows more."""

import re
from collections.abc import Iterator
from pathlib import Path

from mutants import TextMutant

FOLDER = Path("charts/f1-aggregator/templates")
_PROTECTS = (
    "activeDeadlineSeconds|allowPrivilegeEscalation|automountServiceAccountToken|backoffLimit"
    "|capabilities|concurrencyPolicy|dnsPolicy|egress|failureThreshold|from|fsGroup"
    "|fsGroupChangePolicy|helm.sh/hook|helm.sh/hook-delete-policy|helm.sh/hook-weight"
    "|helm.sh/resource-policy|imagePullPolicy|ingress|lifecycle|livenessProbe|matchExpressions"
    "|maxUnavailable|minAvailable|namespaceSelector|podSelector|policyTypes|ports|preStop"
    "|priorityClassName|readOnly|readOnlyRootFilesystem|readinessProbe|resourceNames|resources"
    "|runAsGroup|runAsNonRoot|runAsUser|seccompProfile|securityContext|serviceAccountName"
    "|startingDeadlineSeconds|startupProbe|strategy|terminationGracePeriodSeconds|timeoutSeconds"
    "|to|topologySpreadConstraints|ttlSecondsAfterFinished|validations|verbs"
)
_FIELD = re.compile(rf"^(?P<indent>\s*(?:- )?)(?P<name>{_PROTECTS}):(?P<value>.*)$")
_RULE = re.compile(r"^(?P<indent>\s*)- expression:")
"""One of an admission policy's validations."""
_WIDER = (
    (re.compile(r"verbs: \[.*\]"), 'verbs: ["*"]'),
    (re.compile(r"resources: \[[a-z].*\]"), 'resources: ["*"]'),
    (re.compile(r"concurrencyPolicy: Forbid"), "concurrencyPolicy: Allow"),
    (re.compile(r"restartPolicy: Never"), "restartPolicy: OnFailure"),
    (re.compile(r"(?<=\b)runAsNonRoot: true"), "runAsNonRoot: false"),
    (re.compile(r"readOnlyRootFilesystem: true"), "readOnlyRootFilesystem: false"),
    (re.compile(r"allowPrivilegeEscalation: false"), "allowPrivilegeEscalation: true"),
    (re.compile(r"automountServiceAccountToken: false"), "automountServiceAccountToken: true"),
    (re.compile(r"drop: \[ALL\]"), "drop: []"),
    (re.compile(r"maxUnavailable: 0"), "maxUnavailable: 1"),
    (re.compile(r"failurePolicy: Fail"), "failurePolicy: Ignore"),
    (re.compile(r"validationActions: \[Deny\]"), "validationActions: [Warn]"),
)
_OPENS = re.compile(r"{{-?\s*(?:if|with|range|define)\b")
_CLOSES = re.compile(r"{{-?\s*end\b")


def template_mutants(root: Path, module: Path) -> list[TextMutant]:
    """All mutants of a template, in the order of its lines."""
    lines = (root / module).read_text().splitlines(keepends=True)
    found = []
    for number, line in enumerate(lines, 1):
        for name, changed in _changes(lines, number - 1):
            found.append(TextMutant(module, number, name, line.strip(), "".join(changed)))
    return found


def _changes(lines: list[str], at: int) -> Iterator[tuple[str, list[str]]]:
    line = lines[at]
    if field := _FIELD.match(line):
        end = _end(lines, at, len(field["indent"].replace("- ", "  ")))
        kept = [field["indent"].rstrip() + "\n"] if field["indent"].rstrip() == "-" else []
        if end is not None and not kept:
            yield f"no {field['name']}", [*lines[:at], *lines[end:]]
    if rule := _RULE.match(line):
        end = _end(lines, at, len(rule["indent"]))
        if end is not None:
            yield "no rule", [*lines[:at], *lines[end:]]
    for pattern, wider in _WIDER:
        if pattern.search(line):
            yield "wider", [*lines[:at], pattern.sub(wider, line), *lines[at + 1 :]]


def _end(lines: list[str], at: int, indent: int) -> int | None:
    """The end of a field; None: it is within an `if`, so the field cannot be removed."""
    depth = len(_OPENS.findall(lines[at])) - len(_CLOSES.findall(lines[at]))
    for index in range(at + 1, len(lines)):
        line = lines[index]
        deeper = len(line) - len(line.lstrip()) > indent or not line.strip()
        if depth == 0 and not deeper:
            return index
        depth += len(_OPENS.findall(line)) - len(_CLOSES.findall(line))
        if depth < 0:
            return None if deeper else index
    return len(lines) if depth == 0 else None
