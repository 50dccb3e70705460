"""Builds of the pipelines by harness/Build.groovy, without Jenkins and without running commands."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from f1_devkit.kubernetes import programs

ROOT = programs.checkout()
PIPELINES = ROOT / "jenkins" / "pipelines"
TOOLS = ROOT / ".cache" / "npm-groovy-lint" / "bin"
JENKINS = {
    "F1_ENVIRONMENT": "dev",
    "F1_ALERT_EMAIL": "ops@example.com",
    "F1_SIGNING_KEY": "awskms:///alias/f1-releases",
    "IMAGE_REGISTRY": "registry.example/f1",
    "GIT_COMMIT": "d0c5f1",
    "JOB_URL": "http://jenkins.example/job/a",
}
"""Variables that jenkins/helm sets for every build, and the commit that Jenkins checked out."""

Event = dict[str, Any]


@dataclass(frozen=True)
class Built:
    """The result of a build: `stages` by name, and each step with its place."""

    result: str
    stages: dict[str, str]
    events: list[Event]

    def steps(self, *kinds: str) -> list[Event]:
        return [one for one in self.events if one["step"] in (kinds or ("sh",))]

    def commands(self) -> list[str]:
        return [one["text"] for one in self.steps("sh")]

    def ran(self, target: str) -> list[Event]:
        """The steps that call a make target."""
        return [one for one in self.steps("sh") if target in targets(one["text"])]

    def mails(self) -> list[str]:
        return [one["text"] for one in self.steps("mail")]


Harness = Callable[[Mapping[str, Any]], dict[str, Any]]
Run = Callable[..., Built]


def targets(command: str) -> list[str]:
    """The make targets that a step calls; not its variables.

    Raises:
        AssertionError: the step is not a single call of make.
    """
    found = re.fullmatch(r'(?:[A-Z_]+="[$\w]*" )*make((?: [\w.=/-]+)+)', command)
    assert found, f"not one call of make: {command}"
    return [word for word in found[1].split() if "=" not in word]
