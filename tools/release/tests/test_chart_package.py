"""The packaged chart: images by digest, and annotations that Artifact Hub accepts."""

import re
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from f1_release import chart, versions
from f1_release.commands import HELM, ROOT, run
from f1_release.digests import sha256
from f1_release.errors import ReleaseError
from f1_release.folder import Artifact, Record
from f1_release.images import dockerfile
from f1_release.steps import PROGRAMS

PREFIX = "artifacthub.io/"
# https://artifacthub.io/docs/topics/annotations/helm/
CATEGORIES = {
    "ai-machine-learning",
    "database",
    "integration-delivery",
    "monitoring-logging",
    "networking",
    "security",
    "skip-prediction",
    "storage",
    "streaming-messaging",
}
KINDS = {"added", "changed", "deprecated", "removed", "fixed", "security"}


@pytest.fixture(scope="module")
def record() -> Record:
    names = [dockerfile.read(ROOT, folder).name for folder in PROGRAMS]
    images = {
        name: Artifact(
            f"sha256:{number:064x}",
            {"linux/amd64": "sha256:a", "linux/arm64": "sha256:b"},
            f"registry.example/f1/{name}",
        )
        for number, name in enumerate(names)
    }
    return Record(versions.current(), "0" * 40, "debian", images=images)


@pytest.fixture(scope="module")
def package(record: Record, tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not HELM.exists():
        pytest.skip(f"helm is missing: make {HELM.relative_to(ROOT)}")
    return chart.package(record, tmp_path_factory.mktemp("chart"))


@pytest.fixture(scope="module")
def annotations(package: Path) -> Mapping[str, str]:
    shown: dict[str, str] = yaml.safe_load(run(HELM, "show", "chart", package))["annotations"]
    return shown


def read(annotations: Mapping[str, str], name: str) -> Any:
    return yaml.safe_load(annotations[PREFIX + name])


def test_every_image_of_the_chart_is_in_the_release(package: Path, record: Record) -> None:
    values = "database.existingSecret=postgres,s3.bucket=raw"
    rendered = run(HELM, "template", "f1", package, "--set", values)
    used = set(re.findall(r"image: (\S+)", rendered))
    assert {image.strip('"') for image in used} == {
        image.reference for image in record.images.values()
    }


def test_a_mirror_keeps_the_digests(package: Path, record: Record) -> None:
    values = "database.existingSecret=postgres,s3.bucket=raw,image.registry=mirror.example/f1"
    rendered = run(HELM, "template", "f1", package, "--set", values)
    assert "registry.example/" not in rendered.replace("mirror.example", "")
    for name, image in record.images.items():
        assert f"mirror.example/f1/{name}@{image.digest}" in rendered


def test_the_same_release_has_the_same_package(
    package: Path, record: Record, tmp_path: Path
) -> None:
    assert sha256(chart.package(record, tmp_path)) == sha256(package)


def test_the_package_differs_from_the_work_tree_only_in_values_of_the_release(
    package: Path, tmp_path: Path
) -> None:
    with tarfile.open(package) as tar:
        tar.extractall(tmp_path, filter="data")
    found, differing = tmp_path / chart.CHART.name, set()
    for path in chart.CHART.rglob("*"):
        same = found / path.relative_to(chart.CHART)
        if path.is_file() and not (same.exists() and same.read_bytes() == path.read_bytes()):
            differing.add(str(path.relative_to(chart.CHART)))
    # .helmignore excludes the values of the test cluster.
    assert differing == {"Chart.yaml", "values.yaml", "values-kind.yaml"}


def test_an_image_that_was_not_pushed_is_refused(record: Record) -> None:
    images = {name: Artifact(image.digest) for name, image in record.images.items()}
    unpushed = Record(record.version, record.revision, record.base, images=images)
    with pytest.raises(ReleaseError, match="is in no registry: run make images-push first"):
        chart.pinned((chart.CHART / "values.yaml").read_text(), unpushed)


def test_category_licence_and_flags(annotations: Mapping[str, str]) -> None:
    assert annotations[PREFIX + "category"] in CATEGORIES
    assert annotations[PREFIX + "license"] == "Apache-2.0"
    assert annotations[PREFIX + "operator"] == "true"
    assert annotations[PREFIX + "prerelease"] == "false"


def test_links_images_and_changes(annotations: Mapping[str, str], record: Record) -> None:
    for link in read(annotations, "links"):
        assert set(link) == {"name", "url"}
        path = re.search(r"/(?:tree|blob)/main/(.+)$", link["url"])
        assert path is not None
        assert (ROOT / path[1]).exists()
    images = read(annotations, "images")
    assert {one["name"] for one in images} == set(record.images)
    for one in images:
        assert one["image"] == record.images[one["name"]].reference
        assert one["platforms"] == ["linux/amd64", "linux/arm64"]
    changes = read(annotations, "changes")
    assert changes
    for change in changes:
        assert change["kind"] in KINDS
        assert change["description"]


def test_the_resource_and_its_examples(annotations: Mapping[str, str]) -> None:
    definition = yaml.safe_load((chart.CHART / "files" / "season.yaml").read_text())
    [described] = read(annotations, "crds")
    assert described["name"] == definition["metadata"]["name"]
    assert described["kind"] == definition["spec"]["names"]["kind"]
    assert described["version"] in {one["name"] for one in definition["spec"]["versions"]}
    assert described["displayName"]
    assert described["description"]
    examples = read(annotations, "crdsExamples")
    assert len(examples) == len(list(chart.EXAMPLES.glob("*.yaml")))
    assert {one["kind"] for one in examples} == {described["kind"]}


def test_no_annotation_is_unknown(annotations: Mapping[str, str]) -> None:
    known = [
        "category",
        "changes",
        "crds",
        "crdsExamples",
        "images",
        "license",
        "links",
        "operator",
        "prerelease",
    ]
    assert set(annotations) == {PREFIX + name for name in known}
