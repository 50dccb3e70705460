"""The folder of a release, dist/VERSION, and the record of its digests, release.json."""

import json
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path

from f1_release.commands import ROOT
from f1_release.errors import ReleaseError

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")


@dataclass
class Artifact:
    """An image or the chart, by digest."""

    digest: str  # of the index over all platforms; of a chart, its manifest
    platforms: dict[str, str] = field(default_factory=dict)  # linux/amd64: the manifest's digest
    repository: str = ""  # registry.example/f1/f1-api, once it is pushed

    @property
    def reference(self) -> str:
        """`repository@digest`.

        Raises:
            ReleaseError: it was not pushed.
        """
        if not self.repository:
            raise ReleaseError(f"{self.digest} is in no registry: run make images-push first")
        return f"{self.repository}@{self.digest}"


@dataclass
class Record:
    """release.json: what a release consists of. Its signature is beside it."""

    version: str
    revision: str  # the commit
    base: str  # as named by the user
    bases: dict[str, str] = field(default_factory=dict)  # linux/amd64: the base's digest
    images: dict[str, Artifact] = field(default_factory=dict)
    chart: Artifact | None = None
    files: dict[str, str] = field(default_factory=dict)  # path in the folder: sha256


class Folder:
    """dist/VERSION.

    Raises:
        ReleaseError: the version cannot be the tag of an image.
    """

    def __init__(self, version: str, dist: Path = ROOT / "dist") -> None:
        if not _NAME.fullmatch(version):
            raise ReleaseError(
                f"VERSION={version} cannot be the tag of an image: write letters, digits, '_', '.' "
                "and '-', 128 at most, such as 0.3.0"
            )
        self.version = version
        self.path = dist / version
        self.path.mkdir(parents=True, exist_ok=True)
        self.record_file = self.path / "release.json"

    def inside(self, name: str) -> Path:
        """A folder in it, made if it is missing."""
        folder = self.path / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def layout(self, image: str) -> Path:
        """The OCI layout of an image."""
        return self.inside("images") / image

    def read(self) -> Record:
        """The record.

        Raises:
            ReleaseError: no image was assembled yet.
        """
        if not self.record_file.exists():
            raise ReleaseError(
                f"{self.record_file} is missing: run make images-oci VERSION={self.version}"
            )
        found = json.loads(self.record_file.read_text())
        images = {name: Artifact(**one) for name, one in found.pop("images").items()}
        chart = found.pop("chart")
        return Record(**found, images=images, chart=Artifact(**chart) if chart else None)

    def write(self, record: Record) -> None:
        """Write the record, sorted, so that the same release has the same bytes."""
        text = json.dumps(asdict(record), indent=2, sort_keys=True)
        self.record_file.write_text(text + "\n")
