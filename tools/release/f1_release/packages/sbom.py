"""A CycloneDX bill of materials of each image and platform: packages of Debian and Python."""

from pathlib import Path

from f1_release.commands import run, tool
from f1_release.folder import Folder, Record
from f1_release.report import step


def write(folder: Folder, record: Record) -> list[Path]:
    """Write sbom/IMAGE-OS-ARCHITECTURE.cdx.json for each platform.

    Raises:
        ReleaseError: syft cannot read a layout.
    """
    written: list[Path] = []
    for name, image in sorted(record.images.items()):
        for platform in sorted(image.platforms):
            path = file(folder, name, platform)
            step(f"SBOM {path.name}")
            described = ("--source-name", name, "--source-version", folder.version)
            run(
                *(tool("syft"), "scan", f"oci-dir:{folder.layout(name)}", "--platform", platform),
                *(*described, "--quiet", "--output", f"cyclonedx-json={path}"),
                env={"SYFT_CHECK_FOR_APP_UPDATE": "false"},
            )
            written.append(path)
    return written


def file(folder: Folder, name: str, platform: str) -> Path:
    """The path of the SBOM of an image and platform."""
    return folder.inside("sbom") / f"{name}-{platform.replace('/', '-')}.cdx.json"
