"""The packaged chart, with its images by digest and Artifact Hub's annotations.

Annotations are those of https://artifacthub.io/docs/topics/annotations/helm/. The package differs
from charts/f1-aggregator in three things: `image.registry` and each `image.digest` are set, and
Chart.yaml has the annotations of the release.
"""

import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

import yaml

from f1_release import changelog
from f1_release.commands import HELM, ROOT, run, tool
from f1_release.errors import ReleaseError
from f1_release.folder import Record
from f1_release.images import layers

CHART = ROOT / "charts" / "f1-aggregator"
EXAMPLES = ROOT / "operator" / "examples"
MEDIA_TYPE = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"


def package(record: Record, into: Path) -> Path:
    """Write f1-aggregator-VERSION.tgz, the same bytes for the same release.

    Raises:
        ReleaseError: an image has no digest or no repository, or helm refuses the chart.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / CHART.name
        shutil.copytree(CHART, folder)
        described = yaml.safe_load((folder / "Chart.yaml").read_text())
        described["annotations"] |= annotations(record)
        described |= {"version": record.version, "appVersion": record.version}
        (folder / "Chart.yaml").write_text(yaml.safe_dump(described, sort_keys=False))
        values = folder / "values.yaml"
        values.write_text(pinned(values.read_text(), record))
        run(HELM, "lint", folder, "--set", "database.existingSecret=postgres,s3.bucket=raw")
        # helm checks and filters (.helmignore) the files; its own package contains the current
        # time.
        run(HELM, "package", folder, "--destination", name)
        packed = Path(name) / f"{CHART.name}-{record.version}.tgz"
        unpacked = Path(name) / "unpacked"
        shutil.unpack_archive(packed, unpacked, filter="data")
        into.mkdir(parents=True, exist_ok=True)
        layers.write(unpacked, into / packed.name)
    return into / packed.name


def annotations(record: Record, root: Path = ROOT) -> dict[str, str]:
    """The annotations for Artifact Hub: images, changes and examples of the resource."""
    text = (root / "CHANGELOG.md").read_text()
    changes = [
        {"kind": change.kind, "description": change.description}
        for change in changelog.changes(text, record.version)
    ]
    images = [
        {"name": name, "image": image.reference, "platforms": sorted(image.platforms)}
        for name, image in sorted(record.images.items())
    ]
    examples = [
        one
        for path in sorted(EXAMPLES.glob("*.yaml"))
        for one in yaml.safe_load_all(path.read_text())
    ]
    return {
        "artifacthub.io/images": _text(images),
        "artifacthub.io/changes": _text(changes),
        "artifacthub.io/crdsExamples": _text(examples),
        "artifacthub.io/prerelease": str("-" in record.version).lower(),
    }


def _text(value: list[Any]) -> str:
    return str(yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=1000))


def pinned(values: str, record: Record) -> str:
    """values.yaml with the registry and every program's digest.

    Raises:
        ReleaseError: the chart uses an image that the release does not have.
    """
    registries = {image.reference.rpartition("/")[0] for image in record.images.values()}
    if len(registries) != 1:
        raise ReleaseError(f"the images are in several registries: {', '.join(sorted(registries))}")
    registry = registries.pop()

    def digest(found: re.Match[str]) -> str:
        image = record.images.get(found["name"])
        if image is None:
            raise ReleaseError(
                f"values.yaml uses {found['name']}, which is no image of the release"
            )
        return found[0].removesuffix('""') + image.digest

    text = re.sub(
        r'^ +repository: (?P<name>\S+)\n(?: +#.*\n)* +digest: ""',
        digest,
        values,
        flags=re.MULTILINE,
    )
    return re.sub(r'^  registry: ""$', f"  registry: {registry}", text, count=1, flags=re.MULTILINE)


def push(package_file: Path, registry: str, *, plain_http: bool) -> str:
    """Push the package as an OCI artifact and return the digest of its manifest.

    Raises:
        ReleaseError: helm or the registry refused.
    """
    options = ["--plain-http"] if plain_http else []
    run(HELM, "push", package_file, f"oci://{registry}/charts", *options)
    version = package_file.stem.removeprefix(f"{CHART.name}-")
    return run(tool("crane"), "digest", f"{registry}/charts/{CHART.name}:{version}").strip()
