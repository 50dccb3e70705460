"""Policies of a deployed environment, and AWS' decision about a request, by iam-simulate.

iam-simulate evaluates identity, resource and trust policies with all condition operators. It
refuses an action that AWS does not have or that does not apply to the resource, and ignores a
condition key that the action does not have. Session policies and VPC endpoints' policies are not
evaluated.
"""

import json
import subprocess
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import pytest
import yaml
from aws_cloud import ACCOUNT, ROOT, Cloud

FOLDER = ROOT / ".cache" / "iam-simulate"
KEYS = ("DataKeyArn", "ClusterKeyArn", "SigningKeyArn")
Policy = dict[str, Any]


@dataclass(frozen=True)
class Request:
    """An action of a role on a resource; `principal` overrides the role."""

    action: str
    resource: str
    role: str = ""
    principal: str = ""
    context: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Decision:
    """Allowed, ImplicitlyDenied or ExplicitlyDenied, and the statements that apply."""

    result: str
    statements: frozenset[str]


@dataclass(frozen=True)
class Policies:
    """All policies of an environment, as CloudFormation resolved them.

    Attributes:
        roles: the policies of each role, by its name without f1-ENV-.
        trust: the trust policy of each role.
        resources: policies of buckets, keys and topics, by ARN.
        arns: the ARNs of these resources, by the name of the output.
    """

    roles: Mapping[str, Policy]
    trust: Mapping[str, Policy]
    resources: Mapping[str, Policy]
    arns: Mapping[str, str]

    def documents(self) -> dict[str, Policy]:
        """All policies by a readable name."""
        return {
            **{f"role {name}": one for name, one in self.roles.items()},
            **{f"trust of {name}": one for name, one in self.trust.items()},
            **{f"policy of {name}": self.resources[arn] for name, arn in self.arns.items()},
        }


def policies(cloud: Cloud, name: str) -> Policies:
    """Read the policies from the account."""
    iam, outputs = cloud.client("iam"), cloud.outputs(name)
    roles: dict[str, Policy] = {}
    trust: dict[str, Policy] = {}
    for role in iam.list_roles()["Roles"]:
        short = role["RoleName"].removeprefix(f"f1-{name}-")
        if short == role["RoleName"]:
            continue
        trust[_role(short)] = _parsed(role["AssumeRolePolicyDocument"])
        for policy in iam.list_role_policies(RoleName=role["RoleName"])["PolicyNames"]:
            found = iam.get_role_policy(RoleName=role["RoleName"], PolicyName=policy)
            roles[_role(short)] = _parsed(found["PolicyDocument"])
    s3, kms, sns = (cloud.client(one) for one in ("s3", "kms", "sns"))
    arns = {
        "RawBucket": f"arn:aws:s3:::{outputs['RawBucket']}",
        "ProcessedBucket": f"arn:aws:s3:::{outputs['ProcessedBucket']}",
        **{key: outputs[key] for key in (*KEYS, "TopicArn")},
        "FlowLogKey": _key(kms, f"F1 Telemetry Aggregator {name}, flow logs of the VPC"),
    }

    def of_key(arn: str) -> Callable[[], Any]:
        return lambda: kms.get_key_policy(KeyId=arn, PolicyName="default")["Policy"]

    read: dict[str, Callable[[], Any]] = {
        "RawBucket": lambda: s3.get_bucket_policy(Bucket=outputs["RawBucket"])["Policy"],
        "ProcessedBucket": lambda: s3.get_bucket_policy(Bucket=outputs["ProcessedBucket"])[
            "Policy"
        ],
        **{key: of_key(arns[key]) for key in (*KEYS, "FlowLogKey")},
        "TopicArn": lambda: sns.get_topic_attributes(TopicArn=arns["TopicArn"])["Attributes"][
            "Policy"
        ],
    }
    resources = {arns[key]: _parsed(one()) for key, one in read.items()}
    return Policies(roles, trust, resources, arns)


def _key(kms: Any, description: str) -> str:
    """A key by its description: moto cannot describe resources of a stack with a condition."""
    keys = [kms.describe_key(KeyId=one["KeyId"])["KeyMetadata"] for one in kms.list_keys()["Keys"]]
    [arn] = [one["Arn"] for one in keys if one["Description"] == description]
    return str(arn)


def decide(known: Policies, requests: Iterable[Request]) -> list[Decision]:
    """The decision about each request, in one run of the evaluator.

    Raises:
        AssertionError: AWS would refuse a request or a policy.
    """
    program = FOLDER / "simulate.mjs"
    if not program.exists():
        pytest.skip("iam-simulate is not installed: make .cache/iam-simulate/simulate.mjs")
    listed = list(requests)
    done = subprocess.run(
        [FOLDER / "bin" / "node", program],
        input=_by_pattern(json.dumps([_simulation(known, one) for one in listed])),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    found = json.loads(done.stdout)
    for request, one in zip(listed, found, strict=True):
        assert one["result"] != "error", f"{request}: {one['error']}"
    return [Decision(one["result"], frozenset(one["sids"])) for one in found]


def _by_pattern(simulations: str) -> str:
    """iam-simulate supports the condition key of an encryption context only by its generic name."""
    return simulations.replace(
        "kms:EncryptionContext:aws:logs:arn", "kms:EncryptionContext:${EncryptionContextKey}"
    )


def _simulation(known: Policies, request: Request) -> dict[str, Any]:
    identity = known.roles.get(request.role)
    principal = request.principal or f"arn:aws:iam::{ACCOUNT}:role/{request.role}"
    # AWS adds this key to every request of an identity, iam-simulate does not.
    by = {"aws:PrincipalArn": principal} if principal.startswith("arn:") else {}
    return {
        "identityPolicies": [{"name": request.role, "policy": identity}] if identity else [],
        "serviceControlPolicies": [],
        "resourceControlPolicies": [],
        "resourcePolicy": _resource_policy(known, request.resource),
        "request": {
            "action": request.action,
            "principal": principal,
            "resource": {"accountId": ACCOUNT, "resource": request.resource},
            "contextVariables": {**by, **request.context},
        },
    }


def _resource_policy(known: Policies, resource: str) -> Policy | None:
    if ":role/" in resource:
        return known.trust[_role(resource.partition(":role/")[2].split("-", 2)[2])]
    if resource.startswith("arn:aws:s3"):
        resource = resource.partition("/")[0]
    return known.resources.get(resource)


def _role(short: str) -> str:
    """CloudFormation adds a suffix to a role without a name."""
    return "monitoring" if "DatabaseMonitoringRole" in short else short


def _parsed(document: Any) -> Policy:
    """moto stores a role's inline policies as text of a Python dict; YAML reads that and JSON."""
    return document if isinstance(document, dict) else dict(yaml.safe_load(unquote(document)))
