"""The Helm release of an environment: checked, upgraded, tested and rolled back."""

import json
import os
import re
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from f1_infra.environment import Environment
from f1_infra.errors import InfraError

ROOT = Path(__file__).parents[2]
NAME = NAMESPACE = "f1"
IMAGES = ("f1-api", "f1-worker", "f1-ingest", "f1-operator")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_TIMEOUT = "10m"
_BEFORE = "revision-before"  # in the folder of the rendered files


def check_tag(tag: str) -> None:
    """Refuse an invalid tag of an image.

    Raises:
        InfraError: the tag is invalid.
    """
    if not _TAG.fullmatch(tag):
        raise InfraError(
            f"IMAGE_TAG={tag!r} cannot be the tag of an image: write letters, digits, '_', '.' and "
            "'-', 128 at most, such as v0.2.0."
        )


def check_images(ecr: Any, tag: str) -> None:
    """Check that ECR has all images of a tag.

    Raises:
        InfraError: an image is missing; the message names all that are.
    """
    check_tag(tag)
    missing = []
    for image in IMAGES:
        try:
            ecr.describe_images(repositoryName=f"f1/{image}", imageIds=[{"imageTag": tag}])
        except ClientError as error:
            if "NotFound" not in error.response["Error"]["Code"]:
                raise
            missing.append(image)
    if missing:
        raise InfraError(
            f"ECR has no {', '.join(missing)} with the tag {tag}. CI pushes the images of each "
            "commit on main with the commit as their tag; `make release` those of a version."
        )


def log_in(ecr: Any) -> Path:
    """Write a token of ECR, valid for twelve hours, into Docker's configuration, and return it."""
    [data] = ecr.get_authorization_token()["authorizationData"]
    folder = Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "config.json"
    config = json.loads(path.read_text()) if path.exists() else {}
    host = data["proxyEndpoint"].partition("//")[2]
    config.setdefault("auths", {})[host] = {"auth": data["authorizationToken"]}
    path.touch(mode=0o600)
    path.write_text(json.dumps(config))
    return path


class Release:
    """The release `f1` in the cluster of the current kubectl context, or of this pod."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._domain = environment.parameters.get("platform", {}).get("DomainName", "")

    def check(self) -> list[dict[str, Any]]:
        """Check that the release is this environment's and that nothing is changing it.

        Returns:
            Its revisions, oldest first; none before the first installation.

        Raises:
            InfraError: it is not; the message has the command that repairs it.
        """
        history = self.history()
        if not history:
            return []
        values = json.loads(self._helm("get", "values", NAME, "--all", "--output", "json"))
        # An older release has them at the top level.
        places = (values.get("ingress"), values.get("api", {}).get("ingress"))
        hosts: list[str] = next((one["hosts"] for one in places if one and one.get("hosts")), [])
        if hosts and self._domain not in hosts:
            raise InfraError(
                f"This cluster's release serves {hosts[0]}, and {self._environment.name} is "
                f"{self._domain}: kubectl's context is another environment's. Nothing was changed."
            )
        newest = history[-1]
        if newest["status"].startswith("pending"):
            raise InfraError(
                f"Revision {newest['revision']} of the release is {newest['status']}: another "
                "deployment is running, or was interrupted. If none is running, `helm rollback "
                f"{NAME} --namespace {NAMESPACE} --wait` ends it."
            )
        return history

    def history(self) -> list[dict[str, Any]]:
        """The revisions, oldest first."""
        listed = self._helm("list", "--all", "--filter", f"^{NAME}$", "--output", "json")
        if not json.loads(listed):
            return []
        found = json.loads(self._helm("history", NAME, "--output", "json"))
        return sorted(found, key=lambda one: int(one["revision"]))

    def upgrade(self, rendered: Path) -> None:
        """Upgrade or install; a release that does not become ready is rolled back by helm.

        Raises:
            InfraError: it did not; the message has helm's output.
        """
        history = self.check()
        (rendered / _BEFORE).write_text(str(history[-1]["revision"] if history else 0))
        self._helm(
            *("upgrade", "--install", NAME, str(ROOT / "charts" / "f1-aggregator")),
            *("--create-namespace", "--values", str(rendered / "f1-aggregator.yaml")),
            *("--rollback-on-failure", "--wait", "--timeout", _TIMEOUT),
            shown=True,
        )

    def smoke(self, url: str | None) -> str:
        """Run `helm test`, then request the public address, which is returned.

        Raises:
            InfraError: a test failed, or an answer was wrong.
        """
        self._helm("test", NAME, "--logs", "--timeout", "5m", shown=True)
        base = (url or f"https://{self._domain}").rstrip("/")
        _expect(f"{base}/livez", {200})
        _expect(f"{base}/seasons", {200, 401})  # 401: where keys are required
        return base

    def rollback(self, rendered: Path) -> str:
        """Return to the revision before `upgrade`, unless it is current already.

        Raises:
            InfraError: there is none, or helm fails.
        """
        path = rendered / _BEFORE
        if not path.exists():
            raise InfraError(
                f"No deployment was made from this checkout ({path} is missing). `helm history "
                f"{NAME} --namespace {NAMESPACE}` lists the revisions, `helm rollback {NAME} "
                f"REVISION --namespace {NAMESPACE} --wait` returns to one."
            )
        before = path.read_text().strip()
        history = self.history()
        newest: Mapping[str, Any] = history[-1] if history else {"revision": 0, "status": ""}
        returned = newest["status"] == "deployed" and newest["description"] == (
            f"Rollback to {before}"
        )
        if str(newest["revision"]) == before or returned:
            return f"Revision {before} runs already: nothing to roll back."
        if before == "0":
            raise InfraError(
                "This was the first deployment, so there is no revision to return to. The release "
                f"is left as it is; `helm uninstall {NAME} --namespace {NAMESPACE}` removes it."
            )
        self._helm("rollback", NAME, before, "--wait", "--timeout", _TIMEOUT, shown=True)
        return f"Rolled back to revision {before}."

    def _helm(self, *arguments: str, shown: bool = False) -> str:
        done = subprocess.run(  # noqa: S603 - our own commands
            [_program("helm"), *arguments, "--namespace", NAMESPACE],
            stdout=None if shown else subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        if done.returncode:
            raise InfraError(f"helm {arguments[0]} failed: {done.stderr.strip()}")
        return done.stdout or ""


def _expect(url: str, statuses: set[int], patience_s: float = 120) -> None:
    """Repeat the request until the answer is expected: load balancers change targets slowly."""
    deadline = time.monotonic() + float(os.environ.get("F1_SMOKE_PATIENCE_S", patience_s))
    while True:
        found = _status(url)
        if found in statuses:
            return
        if time.monotonic() > deadline:
            expected = " or ".join(map(str, sorted(statuses)))
            raise InfraError(f"{url} answers {found}, not {expected}.")
        time.sleep(1)


def _status(url: str) -> int | str:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - https, or a test's
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError as error:
        return str(error)


def _program(name: str) -> str:
    """The program from $F1_KUBE_BIN, from make's cache, or from PATH."""
    pinned = Path(os.environ.get("F1_KUBE_BIN", ROOT / ".cache" / "kube" / "bin")) / name
    found = str(pinned) if pinned.exists() else shutil.which(name)
    if found is None:
        raise InfraError(f"{name} is not installed: run make .cache/kube/bin/{name}")
    return found
