"""A change set as text for a person."""

from collections.abc import Iterator, Mapping
from typing import Any

from f1_infra.changesets import ChangeSet
from f1_infra.stacks import DATA_TYPES

_SIGNS = {"Add": "+", "Modify": "~", "Remove": "-", "Import": "<", "Dynamic": "?"}
_REPLACED = {"True": "REPLACED", "Conditional": "perhaps replaced", "False": "in place"}


def lines(change_set: ChangeSet) -> Iterator[str]:
    """One line per parameter, resource and property that differs."""
    yield f"{change_set.stack} ({'new' if change_set.new else 'update'})"
    for name, (before, after) in change_set.parameters.items():
        yield f"    {name} = {after}" if before is None else f"    {name}: {before} -> {after}"
    for one in change_set.changes:
        action = one["Action"]
        effect = _REPLACED.get(one.get("Replacement", ""), "") if action == "Modify" else ""
        text = (
            f"  {_SIGNS[action]} {one['LogicalResourceId']:<24} {one['ResourceType']:<40} {effect}"
        )
        yield text.rstrip()
        yield from _properties(one.get("Details", ()))


def _properties(details: Any) -> Iterator[str]:
    seen = set()
    for detail in details:
        target: Mapping[str, str] = detail.get("Target", {})
        where = target.get("Name") or target.get("Path") or target.get("Attribute", "")
        if not where or where in seen:
            continue
        seen.add(where)
        before, after = target.get("BeforeValue"), target.get("AfterValue")
        if before is None and after is None:
            yield f"      {where}"
        else:
            yield f"      {where}: {before or '-'} -> {after or '-'}"


def data_at_risk(change_set: ChangeSet) -> list[str]:
    """Logical names of resources with data that the change set removes or may replace."""
    return [
        one["LogicalResourceId"]
        for one in change_set.changes
        if one["ResourceType"] in DATA_TYPES
        and (
            one["Action"] == "Remove"
            or (one["Action"] == "Modify" and one.get("Replacement") in ("True", "Conditional"))
        )
    ]
