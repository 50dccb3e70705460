"""The files that eksctl, Helm and kubectl read, with this environment's values put in."""

import json
import string
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from f1_infra.environment import Environment
from f1_infra.errors import InfraError

HERE = Path(__file__).parents[1]
TEMPLATES = (HERE / "eksctl" / "cluster.yaml", *sorted((HERE / "helm").iterdir()))


def values(environment: Environment, outputs: Mapping[str, str]) -> dict[str, str]:
    """Every name that a template may use.

    Raises:
        InfraError: a value of the environment is empty.
    """
    versions = yaml.safe_load((HERE / "versions.yaml").read_text())
    own = {**dict(_flat(environment.cluster)), **dict(_flat(environment.helm))}
    empty = sorted(name for name, value in own.items() if value in ("", "[]"))
    if empty:
        raise InfraError(
            f"infra/environments/{environment.name}.yaml: set {', '.join(empty)} (under cluster or "
            "helm); the comments beside them say what goes there."
        )
    given = {
        key: value
        for stack in environment.parameters.values()
        for key, value in stack.items()
        if value
    }
    return {
        **given,
        **{key: str(value) for key, value in versions.items()},
        **own,
        **outputs,
        "Environment": environment.name,
        "Region": environment.region,
        "Account": environment.account,
    }


def render(template: Path, known: Mapping[str, str]) -> str:
    """A template with each ${Name} replaced.

    Raises:
        InfraError: lists every name that has no value.
    """
    text = string.Template(template.read_text())
    missing = sorted(set(text.get_identifiers()) - set(known))
    if missing:
        raise InfraError(
            f"{template.relative_to(HERE.parent)} needs {', '.join(missing)}: neither "
            "infra/environments nor infra/versions.yaml nor a stack's outputs have it. Outputs are "
            "there after `make infra-up`; CertificateArn and DomainName need parameters.platform."
            "DomainName."
        )
    return text.substitute(known)


def _flat(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in tree.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}_")
        else:
            yield prefix + key, json.dumps(value) if isinstance(value, list) else str(value)
