"""`make deploy-check`, `deploy`, `smoke` and `rollback`, with a fake helm."""

import http.server
import json
import stat
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aws_cloud import Cloud

HELM = """#!/usr/bin/env python3
import json, pathlib, sys
folder = pathlib.Path(__file__).parent
state = json.loads((folder / "state").read_text())
command = sys.argv[1]
with (folder / "calls").open("a") as calls:
    calls.write(json.dumps(sys.argv[1:]) + "\\\\n")
history = state["history"]
def add(status, description):
    if history and history[-1]["status"] == "deployed":
        history[-1]["status"] = "superseded"
    history.append({"revision": len(history) + 1, "status": status, "description": description})
if command == "list":
    print(json.dumps(history[-1:]))
elif command == "history":
    print(json.dumps(history))
elif command == "get":
    print(json.dumps(state["values"]))
elif command == "upgrade":
    before = history[-1]["revision"] if history else 0
    if state["upgrade"] == "fails":
        add("failed", "not ready")
        if before:
            add("deployed", f"Rollback to {before}")
        (folder / "state").write_text(json.dumps(state))
        sys.exit("Deployment f1/f1-api is not ready")
    add("pending-upgrade" if state["upgrade"] == "is killed" else "deployed", "Upgrade complete")
elif command == "rollback":
    add("deployed", f"Rollback to {sys.argv[3]}")
elif command == "test" and state["test"] == "fails":
    sys.exit("pod f1-test failed")
(folder / "state").write_text(json.dumps(state))
"""


@dataclass
class Deployments:
    """make with the stand-in for AWS and the fake helm."""

    cloud: Cloud
    folder: Path

    def make(self, target: str, **variables: str) -> subprocess.CompletedProcess[str]:
        given = {
            **self.cloud.variables,
            "F1_KUBE_BIN": str(self.folder),
            "F1_SMOKE_PATIENCE_S": "0",
        }
        cloud = Cloud(self.cloud.url, self.cloud.record, self.cloud.environments, given)
        return cloud.make(target, **variables)

    def write(self, **state: Any) -> None:
        usual = {
            "history": [],
            "values": {"api": {"ingress": {"hosts": ["f1-dev.example.com"]}}},
            "upgrade": "works",
            "test": "works",
        }
        (self.folder / "state").write_text(json.dumps({**usual, **state}))

    def revisions(self) -> list[tuple[str, str]]:
        history = json.loads((self.folder / "state").read_text())["history"]
        return [(one["status"], one["description"]) for one in history]

    def calls(self, command: str) -> list[list[str]]:
        lines = [json.loads(one) for one in (self.folder / "calls").read_text().splitlines()]
        return [one for one in lines if one[0] == command]


GOOD = [{"revision": 1, "status": "deployed", "description": "Install complete"}]


@pytest.fixture
def deployments(deployed: Cloud, tmp_path: Path) -> Deployments:
    helm = tmp_path / "helm"
    helm.write_text(HELM.replace("\\\\n", "\\n"))
    helm.chmod(helm.stat().st_mode | stat.S_IXUSR)
    found = Deployments(deployed, tmp_path)
    found.write(history=GOOD)
    (deployed.into / "dev" / "revision-before").unlink(missing_ok=True)
    return found


@pytest.fixture
def images(deployed: Cloud) -> Iterator[None]:
    """The images of v0.3.0 in the stand-in's ECR."""
    ecr = deployed.client("ecr")
    names = [f"f1/f1-{one}" for one in ("api", "worker", "ingest", "operator")]
    manifest = json.dumps(
        {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json"}
    )
    for name in names:
        ecr.put_image(repositoryName=name, imageManifest=manifest, imageTag="v0.3.0")
    yield
    for name in names:
        ecr.batch_delete_image(repositoryName=name, imageIds=[{"imageTag": "v0.3.0"}])


def test_a_tag_without_images_is_refused_and_named(deployments: Deployments) -> None:
    done = deployments.make("deploy-check", IMAGE_TAG="v0.3.0")
    assert done.returncode != 0
    assert "ECR has no f1-api, f1-worker, f1-ingest, f1-operator with the tag v0.3.0" in done.stderr


@pytest.mark.usefixtures("images")
def test_a_tag_with_images_can_be_deployed(deployments: Deployments) -> None:
    done = deployments.make("deploy-check", IMAGE_TAG="v0.3.0")
    assert done.returncode == 0, done.stderr
    assert "v0.3.0 can be deployed to dev." in done.stdout


@pytest.mark.parametrize("tag", ["v1; touch {}", "$(touch {})", "$(shell touch {})", "-x"])
def test_a_tag_never_becomes_a_command(deployments: Deployments, tmp_path: Path, tag: str) -> None:
    """Passed by the environment, like the parameter of a Jenkins job."""
    trap = tmp_path / "trap"
    deployments.cloud.variables["IMAGE_TAG"] = tag.format(trap)
    try:
        for target in ("deploy-check", "deploy"):
            done = deployments.make(target)
            assert "cannot be the tag of an image" in done.stderr
    finally:
        del deployments.cloud.variables["IMAGE_TAG"]
    assert not trap.exists()


def test_a_deployment_upgrades_with_the_tag_and_lets_helm_roll_back(
    deployments: Deployments,
) -> None:
    done = deployments.make("deploy", IMAGE_TAG="v0.3.0")
    assert done.returncode == 0, done.stderr
    [call] = deployments.calls("upgrade")
    assert {"--install", "--wait", "--rollback-on-failure"} <= set(call)
    values = deployments.cloud.into / "dev" / "f1-aggregator.yaml"
    assert str(values) in call[call.index("--values") + 1]
    assert 'tag: "v0.3.0"' in values.read_text()


_ELSEWHERE = {"ingress": {"enabled": True, "hosts": ["f1.example.com"]}}


@pytest.mark.parametrize("values", [{"api": _ELSEWHERE}, {"api": {}, **_ELSEWHERE}])
def test_the_release_of_another_environment_is_not_changed(
    deployments: Deployments, values: dict[str, Any]
) -> None:
    """Also one that was installed with the old name of the value."""
    deployments.write(history=GOOD, values=values)
    done = deployments.make("deploy", IMAGE_TAG="v0.3.0")
    assert done.returncode != 0
    assert "This cluster's release serves f1.example.com, and dev is f1-dev.example.com" in (
        done.stderr
    )
    assert deployments.revisions() == [("deployed", "Install complete")]


def test_a_release_with_a_running_upgrade_is_not_changed(deployments: Deployments) -> None:
    deployments.write(history=[{**GOOD[0], "status": "pending-upgrade"}])
    done = deployments.make("deploy", IMAGE_TAG="v0.3.0")
    assert done.returncode != 0
    assert deployments.revisions() == [("pending-upgrade", "Install complete")]
    assert "Revision 1 of the release is pending-upgrade" in done.stderr
    assert "helm rollback f1 --namespace f1 --wait" in done.stderr


def test_a_rollback_returns_to_the_previous_revision_once(deployments: Deployments) -> None:
    deployments.make("deploy", IMAGE_TAG="v0.3.0")
    for message in ("Rolled back to revision 1.", "Revision 1 runs already"):
        done = deployments.make("rollback")
        assert done.returncode == 0, done.stderr
        assert message in done.stdout
    assert deployments.revisions()[-1] == ("deployed", "Rollback to 1")
    assert len(deployments.calls("rollback")) == 1


@pytest.mark.parametrize(("upgrade", "rollbacks"), [("fails", 0), ("is killed", 1)])
def test_a_rollback_repairs_a_failed_or_interrupted_upgrade(
    deployments: Deployments, upgrade: str, rollbacks: int
) -> None:
    """Helm rolls back a failed upgrade, but not an interrupted one."""
    deployments.write(history=GOOD, upgrade=upgrade)
    done = deployments.make("deploy", IMAGE_TAG="v0.3.0")
    assert (done.returncode != 0) is (upgrade == "fails")
    done = deployments.make("rollback")
    assert done.returncode == 0, done.stderr
    assert deployments.revisions()[-1] == ("deployed", "Rollback to 1")
    calls = (deployments.folder / "calls").read_text().splitlines()
    assert len([one for one in calls if json.loads(one)[0] == "rollback"]) == rollbacks


def test_nothing_is_rolled_back_without_a_deployment(deployments: Deployments) -> None:
    done = deployments.make("rollback")
    assert done.returncode != 0
    assert "No deployment was made from this checkout" in done.stderr


def test_a_first_deployment_has_no_previous_revision(deployments: Deployments) -> None:
    deployments.write(history=[])
    deployments.make("deploy", IMAGE_TAG="v0.3.0")
    done = deployments.make("rollback")
    assert done.returncode != 0
    assert "This was the first deployment" in done.stderr


@pytest.fixture
def address() -> Iterator[tuple[str, dict[str, int]]]:
    """A public address, and how it answers."""
    answers = {"/livez": 200, "/seasons": 401}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(answers[self.path])
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", answers
    server.shutdown()
    server.server_close()


def test_a_smoke_test_passes_if_helm_and_the_address_do(
    deployments: Deployments, address: tuple[str, dict[str, int]]
) -> None:
    url, answers = address
    done = deployments.make("smoke", SMOKE_URL=url)
    assert done.returncode == 0, done.stderr
    answers["/seasons"] = 503
    done = deployments.make("smoke", SMOKE_URL=url)
    assert done.returncode != 0, "so that the pipeline rolls back"
    assert f"{url}/seasons answers 503, not 200 or 401." in done.stderr
    answers["/seasons"] = 200
    deployments.write(history=GOOD, test="fails")
    done = deployments.make("smoke", SMOKE_URL=url)
    assert done.returncode != 0
    assert "helm test failed: pod f1-test failed" in done.stderr


def test_a_login_keeps_credentials_of_other_registries(
    deployments: Deployments, tmp_path: Path
) -> None:
    config = tmp_path / "config.json"
    config.write_text('{"auths": {"ghcr.io": {"auth": "a"}}}')
    deployments.cloud.variables["DOCKER_CONFIG"] = str(tmp_path)
    try:
        done = deployments.make("registry-login")
    finally:
        del deployments.cloud.variables["DOCKER_CONFIG"]
    assert done.returncode == 0, done.stderr
    hosts = set(json.loads(config.read_text())["auths"])
    assert "ghcr.io" in hosts
    assert any(one.endswith(".dkr.ecr.eu-west-1.amazonaws.com") for one in hosts)
