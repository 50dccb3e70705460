"""Verifies a release: its files, and its images and chart in the registry."""

import json
import tempfile
from pathlib import Path

from f1_release.commands import HELM, run, tool
from f1_release.digests import sha256
from f1_release.errors import ReleaseError
from f1_release.folder import Artifact, Folder
from f1_release.report import step
from f1_release.signing.signatures import CYCLONEDX, SLSA, Verifier


def verify(folder: Folder, verifier: Verifier) -> None:
    """Verify everything in release.json.

    Raises:
        ReleaseError: the content was changed after it was signed, or has another signer.
    """
    step("signature of release.json")
    verifier.verify_file(folder.record_file)
    record = folder.read()
    if record.version != folder.version:
        raise ReleaseError(
            f"{folder.record_file} is of release {record.version}, not {folder.version}: a signed "
            "older release in place of this one is not this one"
        )
    for name, expected in sorted(record.files.items()):
        path = folder.path / name
        if not path.exists():
            raise ReleaseError(f"{path} is missing; release.json names it")
        if (found := sha256(path)) != expected:
            raise ReleaseError(f"{path} was changed: sha256 {found}, not {expected}")
    for name, image in sorted(record.images.items()):
        step(f"image {name}")
        _image(image, record.revision, verifier)
    if record.chart is None:
        raise ReleaseError(f"{folder.record_file} names no chart")
    step("chart")
    verifier.verify(record.chart.reference)
    _chart(record.chart, {one for name, one in record.files.items() if name.endswith(".tgz")})


def _image(image: Artifact, revision: str, verifier: Verifier) -> None:
    """The index and each platform: signature, provenance, SBOM, and every byte of the layers."""
    verifier.verify(image.reference)
    stated = verifier.statement(image.reference, SLSA)
    _about(stated["subject"], image.digest)
    sources = stated["predicate"]["buildDefinition"]["resolvedDependencies"]
    if revision not in [one["digest"].get("gitCommit") for one in sources]:
        raise ReleaseError(f"the provenance of {image.reference} names another commit: {sources}")
    index = json.loads(run(tool("crane"), "manifest", image.reference))
    members = {one["digest"] for one in index["manifests"]}
    if members != set(image.platforms.values()):
        raise ReleaseError(f"{image.reference} has the manifests {sorted(members)}")
    for digest in image.platforms.values():
        reference = f"{image.repository}@{digest}"
        verifier.verify(reference)
        _about(verifier.statement(reference, CYCLONEDX)["subject"], digest)
        run(tool("crane"), "validate", "--remote", reference)


def _about(subjects: list[dict[str, dict[str, str]]], digest: str) -> None:
    if digest.removeprefix("sha256:") not in [one["digest"]["sha256"] for one in subjects]:
        raise ReleaseError(f"the attestation of {digest} is about {subjects}")


def _chart(chart: Artifact, packages: set[str]) -> None:
    """The package in the registry is the one in release.json."""
    with tempfile.TemporaryDirectory() as name:
        plain = ["--plain-http"] if is_loopback(chart.repository) else []
        run(HELM, "pull", f"oci://{chart.reference}", "--destination", name, *plain)
        [pulled] = Path(name).glob("*.tgz")
        if sha256(pulled) not in packages:
            raise ReleaseError(f"{chart.reference} has another package than release.json")


def is_loopback(registry: str) -> bool:
    """Whether a registry is on this machine, where plain HTTP is allowed."""
    return registry.split("/", maxsplit=1)[0].split(":", maxsplit=1)[0] in {
        "localhost",
        "127.0.0.1",
    }
