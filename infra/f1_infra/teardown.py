"""Deletion of an environment, with rules for the stacks that are kept."""

from typing import Any

from botocore.exceptions import ClientError, WaiterError

from f1_infra import changesets
from f1_infra.account import Account
from f1_infra.environment import Environment
from f1_infra.errors import InfraError
from f1_infra.stacks import STACKS, Stack

_POLL = {"Delay": 5, "MaxAttempts": 720}


def to_delete(*, data: bool) -> list[Stack]:
    """The stacks to delete, in order."""
    return [one for one in reversed(STACKS) if not one.shared and (data or not one.holds_data)]


def check(account: Account, environment: Environment, *, data: bool) -> None:
    """Refuse a deletion that cannot end.

    Raises:
        InfraError: the cluster still exists, or the database is protected.
    """
    cluster = f"f1-{environment.name}"
    if _exists(account.eks.describe_cluster, name=cluster):
        raise InfraError(
            f"The cluster {cluster} still uses these stacks. Uninstall the release first, so that "
            "its load balancer is deleted (`helm uninstall f1 -n f1`), then run `eksctl delete "
            f"cluster --name {cluster} --region {environment.region} --wait`, and this again."
        )
    if data and _protected(account, environment):
        raise InfraError(
            f"The database f1-{environment.name} has deletion protection. Set parameters.data."
            f'DeletionProtection: "false" in infra/environments/{environment.name}.yaml, run `make '
            f"infra-up ENV={environment.name}`, and run this again."
        )


def delete(account: Account, name: str) -> bool:
    """Delete a stack and wait for the end; False if there is none.

    Raises:
        InfraError: CloudFormation could not delete it.
    """
    if changesets.describe(account.cloudformation, name) is None:
        return False
    account.cloudformation.update_termination_protection(
        StackName=name, EnableTerminationProtection=False
    )
    account.cloudformation.delete_stack(StackName=name)
    try:
        account.cloudformation.get_waiter("stack_delete_complete").wait(
            StackName=name, WaiterConfig=_POLL
        )
    except WaiterError as error:
        raise InfraError(
            f"{name} could not be deleted; `aws cloudformation describe-stack-events --stack-name "
            f"{name}` names the resource and the reason."
        ) from error
    return True


def what_stays(environment: Environment, *, data: bool) -> list[str]:
    """The resources that remain, with costs, after the deletion."""
    name = environment.name
    suffix = environment.parameters.get("data", {}).get("BucketSuffix", "")
    buckets = f"f1-telemetry-raw-{name}{suffix} and f1-telemetry-processed-{name}{suffix}"
    common = [
        "the stack f1-registry, which other environments use: all images, the key of releases",
        f"the KMS key of the cluster's Secrets, f1-{name}-platform's ClusterKey",
    ]
    if not data:
        return [
            f"the stack f1-{name}-data: the database, running, and the buckets {buckets}",
            f"the stack f1-{name}-network: the VPC and its NAT gateways",
            *common,
            f"To delete these too: make infra-down ENV={name} DATA=delete",
        ]
    return [
        f"the buckets {buckets} with all objects",
        f"the last snapshot of the database f1-{name}, and the KMS key that it needs",
        f"the KMS key of the flow logs, f1-{name}-network's FlowLogKey, if this made the VPC",
        *common,
        "They are deleted by hand only. infra/README.md says how.",
    ]


def _protected(account: Account, environment: Environment) -> bool:
    name = f"f1-{environment.name}"
    try:
        [found] = account.rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"]
    except ClientError as error:
        if error.response["Error"]["Code"] in ("DBInstanceNotFound", "DBInstanceNotFoundFault"):
            return False
        raise
    return bool(found["DeletionProtection"])


def _exists(describe: Any, **which: str) -> bool:
    try:
        describe(**which)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFoundException":
            return False
        raise
    return True
