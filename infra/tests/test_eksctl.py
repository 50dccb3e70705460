"""The real eksctl with cluster.yaml and the stand-in for AWS.

`make infra-eksctl` builds eksctl, which takes eight minutes of processor time.
"""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from aws_cloud import ROOT, Cloud

EKSCTL = ROOT / ".cache" / "eksctl" / "eksctl"
BOTH = pytest.mark.parametrize("name", ["dev", "prod"])
Render = Callable[[str], Path]
DryRun = Callable[[Path], subprocess.CompletedProcess[str]]


@pytest.fixture
def dry_run(deployed: Cloud, tmp_path: Path) -> DryRun:
    """`eksctl create cluster --dry-run` with a file."""
    if not EKSCTL.exists():
        assert not os.environ.get("F1_REQUIRE_EKSCTL")
        pytest.skip("eksctl is not built: make infra-eksctl")

    def run(file: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [EKSCTL, "create", "cluster", "--config-file", file, "--dry-run"],
            env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", **deployed.variables},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    return run


@BOTH
def test_eksctl_would_create_the_cluster(
    deployed: Cloud, rendered: Render, dry_run: DryRun, name: str
) -> None:
    """It would use the subnets, roles and groups of this environment."""
    done = dry_run(rendered(name) / "cluster.yaml")
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = yaml.safe_load(done.stdout)
    outputs = deployed.outputs(name)
    assert found["vpc"]["id"] == outputs["VpcId"]
    assert {one["id"] for one in found["vpc"]["subnets"]["private"].values()} == {
        outputs["PrivateSubnetA"],
        outputs["PrivateSubnetB"],
    }
    assert [one["name"] for one in found["managedNodeGroups"]] == ["arm64", "amd64", "e2e"]
    [taint] = found["managedNodeGroups"][2]["taints"]
    assert (taint["key"], taint["effect"]) == ("f1.telemetry.dev/e2e", "NoSchedule")
    roles = {one.get("roleARN") for one in found["iam"]["podIdentityAssociations"]}
    assert outputs["WorkerRoleArn"] in roles


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("  privatNetworking: true", "  privateNetworking: true"),
        ("secretsEncrypton:", "secretsEncryption:"),
        ("useDefaultPodIdentityAssociation:", "useDefaultPodIdentityAssociations:"),
    ],
)
def test_eksctl_refuses_an_unknown_field(
    rendered: Render, dry_run: DryRun, tmp_path: Path, wrong: str, right: str
) -> None:
    text = (rendered("dev") / "cluster.yaml").read_text()
    assert right in text
    changed = tmp_path / "wrong.yaml"
    changed.write_text(text.replace(right, wrong, 1))
    done = dry_run(changed)
    assert done.returncode != 0
    assert f'unknown field "{wrong.split(":", maxsplit=1)[0].strip()}"' in done.stderr


def test_eksctl_refuses_a_version_that_eks_does_not_have(
    rendered: Render, dry_run: DryRun, tmp_path: Path
) -> None:
    document = yaml.safe_load((rendered("dev") / "cluster.yaml").read_text())
    document["metadata"]["version"] = "1.99"
    changed = tmp_path / "wrong.yaml"
    changed.write_text(yaml.safe_dump(document))
    done = dry_run(changed)
    assert done.returncode != 0
    assert "invalid version, supported values: 1.33, 1.34, 1.35" in done.stderr
