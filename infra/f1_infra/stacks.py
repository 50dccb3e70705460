"""The stacks in the order in which they are created; they are deleted in the reverse order."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parents[1] / "cloudformation"
DATA_TYPES = frozenset(
    {"AWS::RDS::DBInstance", "AWS::S3::Bucket", "AWS::KMS::Key", "AWS::ECR::Repository"}
)
"""Types whose replacement or removal loses data."""


class _Loader(yaml.CSafeLoader):
    """YAML with CloudFormation's short forms, such as !Sub, as its long forms."""


def _long_form(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    name = suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        text = loader.construct_scalar(node)
        return {name: text.split(".", 1) if suffix == "GetAtt" else text}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    assert isinstance(node, yaml.MappingNode)
    return {name: loader.construct_mapping(node, deep=True)}


_Loader.add_multi_constructor("!", _long_form)


@dataclass(frozen=True)
class Stack:
    """One template and its stack.

    Attributes:
        shared: one stack for all environments of the account, which infra-down never deletes.
        holds_data: infra-down keeps it unless it is called with DATA=delete.
    """

    template: str
    shared: bool = False
    holds_data: bool = False

    def name(self, environment: str) -> str:
        """Its name in an account."""
        return f"f1-{self.template}" if self.shared else f"f1-{environment}-{self.template}"

    @property
    def body(self) -> str:
        """The template's text."""
        return (FOLDER / f"{self.template}.yaml").read_text()

    @property
    def document(self) -> dict[str, Any]:
        """The template, with functions in their long form."""
        parsed: dict[str, Any] = yaml.load(self.body, _Loader)  # noqa: S506 - based on CSafeLoader
        return parsed


STACKS: Sequence[Stack] = (
    Stack("registry", shared=True),
    Stack("network", holds_data=True),
    Stack("data", holds_data=True),
    Stack("platform"),
    Stack("alarms"),
)
