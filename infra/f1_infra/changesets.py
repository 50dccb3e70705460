"""Creates, reads, executes and deletes change sets, with a message for each kind of failure."""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError, WaiterError

from f1_infra.errors import InfraError
from f1_infra.stacks import Stack

_POLL = {"Delay": 5, "MaxAttempts": 1440}  # two hours: a Multi-AZ database takes up to 30 minutes
_NO_CHANGES = ("didn't contain changes", "No updates are to be performed")
_UNFINISHED = ("AVAILABLE", "UNAVAILABLE", "EXECUTE_IN_PROGRESS")
_MISSING_EXPORT = "No export named"
_DELETE = "`aws cloudformation delete-stack --stack-name {name}`"
_BLOCKED = {
    "ROLLBACK_COMPLETE": "its creation failed and was rolled back, so it holds nothing. Delete it "
    f"with {_DELETE}, repair the reason below, and run this again.",
    "ROLLBACK_FAILED": "its creation failed, and so did the rollback. Delete it with "
    f"{_DELETE}; the console asks which resources to retain.",
    "CREATE_FAILED": f"its creation failed. Delete it with {_DELETE}.",
    "DELETE_FAILED": "its deletion failed. Repair the reason below and delete it again with "
    f"{_DELETE}.",
    "UPDATE_ROLLBACK_FAILED": "an update failed, and so did the rollback. Repair the reason below "
    "and run `aws cloudformation continue-update-rollback --stack-name {name}`.",
}


@dataclass(frozen=True)
class ChangeSet:
    """A change set that waits to be executed.

    Attributes:
        changes: the resource changes, as DescribeChangeSet gives them.
        parameters: name to (value before, value after); only those that differ.
    """

    stack: str
    identifier: str
    new: bool
    changes: list[dict[str, Any]]
    parameters: Mapping[str, tuple[str | None, str]]


class MissingExport(InfraError):
    """The stack imports a value of a stack that does not exist yet."""


def describe(cloudformation: Any, name: str) -> dict[str, Any] | None:
    """The stack, or None if it does not exist or only has a change set."""
    try:
        [stack] = cloudformation.describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    found: dict[str, Any] = stack
    return None if found["StackStatus"] == "REVIEW_IN_PROGRESS" else found


def outputs(cloudformation: Any, name: str) -> dict[str, str]:
    """The outputs of a stack; none if it does not exist."""
    stack = describe(cloudformation, name) or {}
    return {one["OutputKey"]: one["OutputValue"] for one in stack.get("Outputs", ())}


def create(
    cloudformation: Any,
    stack: Stack,
    environment: str,
    given: Mapping[str, str],
    tags: Mapping[str, str],
) -> ChangeSet | None:
    """Make a change set of the template and the parameters.

    Returns:
        None if it would change nothing.

    Raises:
        MissingExport: a stack before it does not exist yet.
        InfraError: the stack's state does not allow it, or CloudFormation refused it.
    """
    name = stack.name(environment)
    existing = describe(cloudformation, name)
    _refuse_blocked(cloudformation, name, existing)
    _refuse_unfinished(cloudformation, name)
    before = {
        one["ParameterKey"]: one["ParameterValue"] for one in (existing or {}).get("Parameters", ())
    }
    values = _parameters(stack, environment, given, before)
    made, status, reason = _made(
        cloudformation,
        StackName=name,
        ChangeSetName=f"f1-{datetime.now(UTC):%Y%m%dT%H%M%S%f}",
        ChangeSetType="UPDATE" if existing else "CREATE",
        TemplateBody=stack.body,
        Parameters=[
            {"ParameterKey": key, "ParameterValue": value} for key, value in values.items()
        ],
        Capabilities=["CAPABILITY_NAMED_IAM"],
        Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
    )
    if status == "FAILED":
        discard(cloudformation, name, made)
        if any(text in reason for text in _NO_CHANGES):
            return None
        kind = MissingExport if _MISSING_EXPORT in reason else InfraError
        raise kind(f"CloudFormation refused the change set of {name}: {reason}")
    return ChangeSet(
        stack=name,
        identifier=made,
        new=existing is None,
        changes=list(_changes(cloudformation, made)),
        parameters=_differences(stack, before, values),
    )


def discard(cloudformation: Any, name: str, identifier: str) -> None:
    """Delete a change set, and the empty stack of a change set that would create one."""
    if identifier:
        cloudformation.delete_change_set(ChangeSetName=identifier)
    try:
        [stack] = cloudformation.describe_stacks(StackName=name)["Stacks"]
    except ClientError:
        return
    if stack["StackStatus"] == "REVIEW_IN_PROGRESS":
        cloudformation.delete_stack(StackName=name)


def execute(cloudformation: Any, change_set: ChangeSet) -> None:
    """Execute it and wait for the end.

    Raises:
        InfraError: the stack was rolled back; names each resource that failed, with AWS' reason.
    """
    cloudformation.execute_change_set(ChangeSetName=change_set.identifier)
    waiter = "stack_create_complete" if change_set.new else "stack_update_complete"
    try:
        cloudformation.get_waiter(waiter).wait(StackName=change_set.stack, WaiterConfig=_POLL)
    except WaiterError as error:
        status = (describe(cloudformation, change_set.stack) or {}).get("StackStatus", "gone")
        advice = _BLOCKED.get(
            status, "The stack is as it was before. Repair the reason and run this again."
        )
        raise InfraError(
            f"{change_set.stack} failed and is now {status}: "
            + advice.format(name=change_set.stack)
            + _reasons(cloudformation, change_set.stack)
        ) from error


def _parameters(
    stack: Stack, environment: str, given: Mapping[str, str], before: Mapping[str, str]
) -> dict[str, str]:
    values = {}
    for key, about in stack.document.get("Parameters", {}).items():
        if key == "Environment":
            values[key] = environment
        elif key in given:
            values[key] = given[key]
        elif "Default" in about:
            values[key] = str(about["Default"])
        elif key in before:
            values[key] = before[key]
        elif key == "ImageTag":
            raise InfraError(
                "The first deployment needs the tag of the images: run it with IMAGE_TAG=v0.2.0 or "
                "another tag that is in ECR."
            )
        else:
            raise InfraError(
                f"{stack.template}.yaml needs the parameter {key}: write it under "
                f"parameters.{stack.template} of infra/environments/{environment}.yaml."
            )
    return values


def _differences(
    stack: Stack, before: Mapping[str, str], values: Mapping[str, str]
) -> dict[str, tuple[str | None, str]]:
    """Changed parameters; of a new stack, those that differ from the default."""
    usual = {k: str(v.get("Default")) for k, v in stack.document.get("Parameters", {}).items()}
    return {
        key: (before.get(key), value)
        for key, value in values.items()
        if value != (before[key] if key in before else usual[key])
    }


def _refuse_blocked(cloudformation: Any, name: str, existing: Mapping[str, Any] | None) -> None:
    status = existing["StackStatus"] if existing else ""
    if status in _BLOCKED:
        raise InfraError(
            f"Stack {name} is {status}: "
            + _BLOCKED[status].format(name=name)
            + _reasons(cloudformation, name)
        )
    if status.endswith("_IN_PROGRESS"):
        raise InfraError(
            f"Stack {name} is {status}: another deployment is changing it. Wait for its end and "
            "run this again; `aws cloudformation describe-stack-events --stack-name "
            f"{name}` shows its progress."
        )


def _refuse_unfinished(cloudformation: Any, name: str) -> None:
    try:
        waiting = cloudformation.list_change_sets(StackName=name)["Summaries"]
    except ClientError:  # no such stack
        return
    for one in waiting:
        if one["Status"] != "FAILED" and one.get("ExecutionStatus") in _UNFINISHED:
            raise InfraError(
                f"Stack {name} has an unfinished change set, {one['ChangeSetName']} "
                f"({one['Status']}). Read it with `aws cloudformation describe-change-set "
                f"--stack-name {name} --change-set-name {one['ChangeSetName']}`, execute or delete "
                "it (`delete-change-set` with the same arguments), and run this again."
            )


def _made(cloudformation: Any, **given: Any) -> tuple[str, str, str]:
    """The id, status and reason of a change set; without an id if CloudFormation refused it."""
    try:
        made = cloudformation.create_change_set(**given)["Id"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":
            raise
        return "", "FAILED", error.response["Error"]["Message"]
    with contextlib.suppress(WaiterError):  # the status has the reason
        cloudformation.get_waiter("change_set_create_complete").wait(
            ChangeSetName=made, WaiterConfig={"Delay": 2, "MaxAttempts": 300}
        )
    found = cloudformation.describe_change_set(ChangeSetName=made)
    return made, found["Status"], found.get("StatusReason", "")


def _changes(cloudformation: Any, identifier: str) -> Iterator[dict[str, Any]]:
    token: dict[str, str] = {}
    while True:
        page = cloudformation.describe_change_set(
            ChangeSetName=identifier, IncludePropertyValues=True, **token
        )
        yield from (one["ResourceChange"] for one in page.get("Changes", ()))
        if not page.get("NextToken"):
            return
        token = {"NextToken": page["NextToken"]}


def _reasons(cloudformation: Any, name: str) -> str:
    events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    failed = [
        f"\n  {one['LogicalResourceId']}: {one['ResourceStatusReason']}"
        for one in reversed(events)
        if one.get("ResourceStatus", "").endswith("_FAILED") and one.get("ResourceStatusReason")
    ]
    return "".join(failed)
