"""An environment: the account, the region, and every value that differs between dev and prod."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from f1_infra.errors import InfraError
from f1_infra.stacks import STACKS

FOLDER = Path(__file__).parents[1] / "environments"
_CLUSTER = frozenset({"arm64", "amd64", "e2e", "admin_role_arn", "public_access_cidrs", "log_days"})
_FIELDS = frozenset({"account", "region", "parameters", "cluster", "helm"})


@dataclass(frozen=True)
class Environment:
    """The content of infra/environments/NAME.yaml.

    Attributes:
        parameters: of each stack, by the template's name.
        cluster: sizes and access of infra/eksctl/cluster.yaml.
        helm: values for infra/helm/f1-aggregator.yaml.
    """

    name: str
    account: str
    region: str
    parameters: Mapping[str, Mapping[str, str]]
    cluster: Mapping[str, Any]
    helm: Mapping[str, Any]


def load(name: str, folder: Path = FOLDER) -> Environment:
    """Read and check an environment's file.

    Raises:
        InfraError: there is no such file, or it does not fit the templates; lists every problem.
    """
    path = folder / f"{name}.yaml"
    if not path.is_file():
        known = ", ".join(sorted(one.stem for one in folder.glob("*.yaml")))
        raise InfraError(f"ENV={name}: there is no {path.name} in {folder}. Known: {known}.")
    document = yaml.safe_load(path.read_text()) or {}
    problems = list(_problems(document))
    if problems:
        raise InfraError(f"{path} cannot be used:\n  " + "\n  ".join(problems))
    return Environment(
        name=name,
        account=document["account"],
        region=document["region"],
        parameters={
            stack: {key: str(value) for key, value in (values or {}).items()}
            for stack, values in document["parameters"].items()
        },
        cluster=document["cluster"],
        helm=document["helm"],
    )


def _problems(document: Mapping[str, Any]) -> list[str]:
    found = [f"{field} is missing" for field in sorted(_FIELDS - set(document))]
    found += [f"{field}: no such field" for field in sorted(set(document) - _FIELDS)]
    account = document.get("account")
    if "account" in document and not (isinstance(account, str) and _twelve_digits(account)):
        found.append(
            "account: write the 12 digits that `aws sts get-caller-identity --query Account` "
            f"prints, in quotes; found {account!r}"
        )
    for stack, values in (document.get("parameters") or {}).items():
        found += _wrong_parameters(stack, values or {})
    if "cluster" in document:
        cluster = set(document["cluster"] or {})
        found += [f"cluster.{field} is missing" for field in sorted(_CLUSTER - cluster)]
        found += [f"cluster.{field}: no such field" for field in sorted(cluster - _CLUSTER)]
    return found


def _wrong_parameters(stack: str, values: Mapping[str, Any]) -> list[str]:
    templates = {one.template: one for one in STACKS}
    if stack not in templates:
        return [f"parameters.{stack}: no such stack; there are {', '.join(templates)}"]
    known = templates[stack].document.get("Parameters", {})
    unknown = [key for key in values if key not in known]
    found = [f"parameters.{stack}.{key}: {stack}.yaml has no such parameter" for key in unknown]
    if "Environment" in values:
        found.append(f"parameters.{stack}.Environment: is the name of this file")
    return found


def _twelve_digits(text: str) -> bool:
    return len(text) == 12 and text.isdecimal()
