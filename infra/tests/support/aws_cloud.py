"""The account of the stand-in for AWS, and the environments that are deployed to it."""

import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import yaml

from f1_devkit.kubernetes import programs
from f1_infra import changesets, environment
from f1_infra.stacks import STACKS

ROOT = programs.checkout()
REGION = "eu-west-1"
ACCOUNT = "123456789012"
FILLED_IN = {
    "account": ACCOUNT,
    "platform.HostedZoneId": "Z0123456789ABC",
    "cluster.admin_role_arn": f"arn:aws:iam::{ACCOUNT}:role/admins",
    "cluster.public_access_cidrs": ["203.0.113.0/24"],
}
"""Values that are empty in the committed environments, since they depend on the user."""


@dataclass
class Cloud:
    """The stand-in, and the folder with the environments that are deployed to it."""

    url: str
    record: Path
    environments: Path
    variables: dict[str, str] = field(default_factory=dict)

    def client(self, service: str, region: str = REGION) -> Any:
        return boto3.client(
            service,
            region_name=region,
            endpoint_url=self.url,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    @property
    def into(self) -> Path:
        """The folder for rendered files; parallel tests have different accounts."""
        return self.environments / "rendered"

    def make(
        self, target: str, name: str = "dev", **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """`make TARGET ENV=dev ...` as a person runs it, against the stand-in."""
        given = {"ENV": name, "ENVIRONMENTS": str(self.environments), "INTO": str(self.into)}
        return subprocess.run(
            [
                "make",
                "--no-print-directory",
                target,
                *(f"{k}={v}" for k, v in (given | variables).items()),
            ],
            cwd=ROOT,
            env={**_without_aws(), **self.variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )

    def fill_in(self) -> None:
        """Write the committed environments, with the values that a user must add."""
        for name in ("dev", "prod"):
            (self.environments / f"{name}.yaml").write_text(yaml.safe_dump(filled_in(name)))

    def change(self, name: str, **values: Any) -> None:
        """Change values of an environment's file, such as data_MultiAz."""
        path = self.environments / f"{name}.yaml"
        document = yaml.safe_load(path.read_text())
        for key, value in values.items():
            stack, _, parameter = key.partition("_")
            document["parameters"][stack][parameter] = value
        path.write_text(yaml.safe_dump(document))

    def outputs(self, name: str) -> dict[str, str]:
        """The outputs of all stacks of an environment."""
        found: dict[str, str] = {}
        for stack in STACKS:
            found |= changesets.outputs(self.client("cloudformation"), stack.name(name))
        return found


def _without_aws() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}


def filled_in(name: str) -> dict[str, Any]:
    """An environment of infra/environments, with the values that a user must add."""
    document: dict[str, Any] = yaml.safe_load((environment.FOLDER / f"{name}.yaml").read_text())
    document["account"] = FILLED_IN["account"]
    document["parameters"]["platform"]["HostedZoneId"] = FILLED_IN["platform.HostedZoneId"]
    for key in ("admin_role_arn", "public_access_cidrs"):
        document["cluster"][key] = FILLED_IN[f"cluster.{key}"]
    return document
