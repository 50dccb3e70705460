"""A release in a real registry, signed by a real cosign: one changed byte is found.

Its images are small, since base, wheels and SBOMs are not tested here.
"""

import datetime as dt
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from f1_release import steps, versions
from f1_release.commands import HELM, ROOT, run, tool
from f1_release.errors import ReleaseError
from f1_release.folder import Artifact, Folder, Record
from f1_release.images import dockerfile, layers, registry
from f1_release.packages import sbom
from f1_release.release import complete, name_as_git
from f1_release.signing.signatures import Signer, Verifier, new_key
from f1_release.signing.verification import verify

PLATFORMS = ("linux/amd64", "linux/arm64")
BILL = {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": []}


@dataclass(frozen=True)
class Released:
    """A release, and the folder of the registry's blobs."""

    folder: Folder
    blobs: Path
    key: Path  # the public one


def small_image(name: str, address: str, work: Path) -> Artifact:
    """An image of one file for two platforms, in the registry."""
    crane, repository = tool("crane"), f"{address}/f1/{name}"
    manifests: dict[str, str] = {}
    for platform in PLATFORMS:
        files = work / name / platform.replace("/", "-")
        files.mkdir(parents=True)
        (files / "program").write_text(f"{name} for {platform}\n" * 50)
        layer = work / f"{name}.tar.gz"
        layers.write(files, layer)
        tag = f"{repository}:{platform.replace('/', '-')}"
        run(crane, "append", "--oci-empty-base", "--new_layer", layer, "--new_tag", tag)
        run(crane, "mutate", tag, "--set-platform", platform, "--tag", tag)
        manifests[platform] = run(crane, "digest", tag).strip()
    members = [word for one in manifests.values() for word in ("-m", f"{repository}@{one}")]
    run(crane, "index", "append", *members, "--tag", f"{repository}:index")
    return Artifact(run(crane, "digest", f"{repository}:index").strip(), manifests, repository)


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Released]:
    if not os.environ.get("F1_REQUIRE_SUPPLY"):
        pytest.skip("takes a minute, and crane and cosign: make supply-chain")
    work = tmp_path_factory.mktemp("release")
    with registry.serving(work / "registry") as address:
        folder = Folder(versions.current(), work / "dist")
        record = Record(folder.version, steps.revision(), "none")
        for program in steps.PROGRAMS:
            name = dockerfile.read(ROOT, program).name
            record.images[name] = small_image(name, address, work)
            for platform in PLATFORMS:
                sbom.file(folder, name, platform).write_text(json.dumps(BILL))
        key = new_key(work)
        started = dt.datetime.now(dt.UTC)
        complete(folder, record, f"{address}/f1", Signer(str(key)), started=started)
        yield Released(folder, work / "registry", key.with_suffix(".pub"))


@pytest.fixture
def copy(released: Released, tmp_path: Path) -> Folder:
    """The release's folder, which a test may change."""
    shutil.copytree(released.folder.path, tmp_path / released.folder.version)
    return Folder(released.folder.version, tmp_path)


def flip(path: Path) -> None:
    """Change one bit of the byte in the middle."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def test_a_release_verifies(released: Released) -> None:
    verify(released.folder, Verifier(str(released.key)))


def test_images_have_the_name_of_the_git_tag(released: Released, copy: Folder) -> None:
    """The job deploy checks it out, and uses it as the tag of the images."""
    record = copy.read()
    for name, image in record.images.items():
        layout = copy.layout(name)
        run(tool("crane"), "pull", "--format", "oci", image.reference, layout)
    for _ in range(2):
        name_as_git(copy, record)
    for image in record.images.values():
        tagged = f"{image.repository}:v{record.version}"
        assert run(tool("crane"), "digest", tagged).strip() == image.digest


def test_statements_are_about_the_images(released: Released) -> None:
    record, verifier = released.folder.read(), Verifier(str(released.key))
    for name, image in record.images.items():
        statement = verifier.statement(image.reference, "slsaprovenance1")
        assert statement["predicate"]["buildDefinition"]["externalParameters"] == {
            "image": name,
            "version": record.version,
            "base": "none",
            "platforms": list(PLATFORMS),
        }
        sources = statement["predicate"]["buildDefinition"]["resolvedDependencies"]
        assert sources[0]["digest"] == {"gitCommit": record.revision}


@pytest.mark.parametrize(
    "name",
    [
        "release.json",
        "notes.md",
        "sbom/f1-api-linux-arm64.cdx.json",
        "provenance/f1-worker.json",
        f"chart/f1-aggregator-{versions.current()}.tgz",
    ],
)
def test_one_changed_byte_of_a_file_is_found(released: Released, copy: Folder, name: str) -> None:
    flip(copy.path / name)
    with pytest.raises(ReleaseError, match=r"was changed|verify-blob"):
        verify(copy, Verifier(str(released.key)))


def test_one_changed_byte_of_the_signature_is_found(released: Released, copy: Folder) -> None:
    path = copy.path / "release.json.sigstore.json"
    bundle = json.loads(path.read_text())
    signature = bundle["messageSignature"]["signature"]
    other = "B" if signature[20] != "B" else "C"
    bundle["messageSignature"]["signature"] = signature[:20] + other + signature[21:]
    path.write_text(json.dumps(bundle))
    with pytest.raises(ReleaseError, match="verify-blob"):
        verify(copy, Verifier(str(released.key)))


@pytest.mark.parametrize("part", ["layer", "config"])
def test_one_changed_byte_in_the_registry_is_found(released: Released, part: str) -> None:
    """crane's registry does not serve a blob with another digest."""
    image = released.folder.read().images["f1-ingest"]
    reference = f"{image.repository}@{image.platforms['linux/arm64']}"
    manifest = json.loads(run(tool("crane"), "manifest", reference))
    blob = manifest["config"] if part == "config" else manifest["layers"][0]
    [path] = released.blobs.rglob(blob["digest"].removeprefix("sha256:"))
    flip(path)
    try:
        with pytest.raises(ReleaseError, match="crane validate"):
            verify(released.folder, Verifier(str(released.key)))
    finally:
        flip(path)
    verify(released.folder, Verifier(str(released.key)))


def test_another_key_is_refused(released: Released, tmp_path: Path) -> None:
    other = new_key(tmp_path).with_suffix(".pub")
    with pytest.raises(ReleaseError, match="verify-blob"):
        verify(released.folder, Verifier(str(other)))


def test_an_unsigned_image_is_refused(released: Released, tmp_path: Path) -> None:
    address = released.folder.read().images["f1-api"].repository.partition("/")[0]
    image = small_image("unsigned", address, tmp_path)
    with pytest.raises(ReleaseError, match="cosign verify"):
        Verifier(str(released.key)).verify(image.reference)


def test_a_mirror_has_the_same_digests(released: Released, tmp_path: Path) -> None:
    """Copied as in docs/releases.md; helm pulls the mirror's chart."""
    record = released.folder.read()
    assert record.chart is not None
    with registry.serving(tmp_path / "mirror") as mirror:
        for one in [*record.images.values(), record.chart]:
            target = f"{mirror}/{one.repository.partition('/f1/')[2]}:{record.version}"
            run(tool("crane"), "copy", one.reference, target)
            assert run(tool("crane"), "digest", target).strip() == one.digest
        chart = f"oci://{mirror}/charts/f1-aggregator"
        pull = (HELM, "pull", chart, "--version", record.version, "--plain-http")
        run(*pull, "--destination", tmp_path)
    [pulled] = tmp_path.glob("*.tgz")
    [original] = (released.folder.path / "chart").glob("*.tgz")
    assert pulled.read_bytes() == original.read_bytes()


def test_a_signer_is_required(released: Released) -> None:
    with pytest.raises(ReleaseError, match=r"say who signed: KEY=cosign\.pub"):
        verify(released.folder, Verifier())
