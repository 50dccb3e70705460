"""The images: small, with an unprivileged user, without a compiler, reproducible."""

import json
import subprocess
import uuid

import pytest

from f1_devkit.cluster.kind import Cluster
from f1_devkit.kubernetes.kubectl import Kubectl, eventually

IMAGES = ["ingest", "worker", "api", "operator", "devkit"]
TOOLS = ["gcc", "cc", "make", "pip", "git", "curl"]


def docker(*arguments: str, stdin: str | None = None) -> str:
    command = ["docker", *arguments]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("program", IMAGES)
def test_an_image_runs_under_the_restricted_profile(kubectl: Kubectl, program: str) -> None:
    kubectl.apply(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": program},
            "spec": {
                "restartPolicy": "Never",
                "containers": [
                    {
                        "name": "main",
                        "image": f"f1-{program}:dev",
                        "imagePullPolicy": "Never",
                        "args": ["--help"],
                        "securityContext": {
                            "allowPrivilegeEscalation": False,
                            "readOnlyRootFilesystem": True,
                            "runAsNonRoot": True,  # the image's user by number
                            "capabilities": {"drop": ["ALL"]},
                            "seccompProfile": {"type": "RuntimeDefault"},
                        },
                    }
                ],
            },
        }
    )

    def ended() -> str | None:
        phase: str = kubectl.get("pod", program)["status"]["phase"]
        return phase if phase in ("Succeeded", "Failed") else None

    assert eventually("it prints its help", ended) == "Succeeded"
    assert "Usage" in kubectl.logs(f"pod/{program}")


@pytest.mark.parametrize("program", IMAGES)
def test_an_image_has_labels_and_no_tools(cluster: Cluster, program: str) -> None:
    image = f"f1-{program}:dev"
    config = json.loads(docker("image", "inspect", image))[0]["Config"]
    assert config["User"] == "10001:10001"
    assert config["Labels"]["org.opencontainers.image.title"] == f"f1-{program}"
    assert {"description", "licenses", "version", "revision"} <= {
        label.removeprefix("org.opencontainers.image.") for label in config["Labels"]
    }
    script = f"for tool in {' '.join(TOOLS)}; do command -v $tool; done; true"
    found = docker("run", "--rm", "--entrypoint", "sh", image, "-c", script).split()
    # The base image may have pip; the program's environment has none.
    assert not [tool for tool in found if tool.startswith("/opt/") or not tool.endswith("/pip")]


# Megabytes, with a base of Debian's packages (123 MB); python:3.12-slim has a similar size.
LARGEST = {"ingest": 240, "worker": 350, "api": 350, "operator": 190}


@pytest.mark.parametrize("program", LARGEST)
def test_an_image_has_only_files_that_it_uses(cluster: Cluster, program: str) -> None:
    size = int(docker("image", "inspect", "--format", "{{.Size}}", f"f1-{program}:dev")) / 1e6
    print(f"f1-{program}: {size:.0f} MB")  # noqa: T201 - with pytest -s
    assert size < LARGEST[program]


def test_the_same_inputs_give_identical_layers(cluster: Cluster) -> None:
    """Built again on a base with the same files and another name, which is in no cache.

    Without any cache, Docker would build all stages again, and then use them instead of the stages
    of the other images.
    """

    def layers(image: str) -> list[str]:
        found: list[str] = json.loads(docker("image", "inspect", image))[0]["RootFS"]["Layers"]
        return found

    base = subprocess.run(
        [cluster.root / "tools/images/base-image"], capture_output=True, text=True, check=True
    )
    docker(
        "build",
        "--label",
        f"again={uuid.uuid4()}",
        "--tag",
        "f1-base:again",
        "-",
        stdin=f"FROM {base.stdout}",
    )
    try:
        cluster.make(
            "images", "IMAGE_FOLDERS=operator", "IMAGE_PREFIX=again-", "BASE=f1-base:again"
        )
        assert layers("again-f1-operator:dev") == layers("f1-operator:dev")
    finally:
        docker("image", "rm", "--force", "again-f1-operator:dev", "f1-base:again")
