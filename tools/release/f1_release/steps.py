"""The steps that make targets run one by one: assemble the images, push them."""

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from f1_release.commands import ROOT, run, tool
from f1_release.errors import ReleaseError
from f1_release.folder import Artifact, Folder, Record
from f1_release.images import assembly, base_image, dockerfile, registry
from f1_release.report import step

PROGRAMS = ("services/api", "services/worker", "jobs/ingest", "operator")


def revision() -> str:
    """The commit of the work tree, with -dirty if it was changed."""
    return run(
        "git", "describe", "--always", "--abbrev=40", "--dirty", "--exclude=*", cwd=ROOT
    ).strip()


def assemble(
    folder: Folder,
    *,
    base: str,
    architectures: Sequence[str],
    programs: Sequence[str] = PROGRAMS,
) -> Record:
    """Assemble the programs' images as OCI layouts in the folder, with their record.

    Raises:
        ReleaseError: as in `assembly.assemble`.
    """
    assembly.known(architectures)
    record = Record(version=folder.version, revision=revision(), base=base)
    with tempfile.TemporaryDirectory(prefix="f1-release-") as name:
        work = Path(name)
        with registry.serving(work / "registry") as address:
            bases: dict[str, base_image.Base] = {}
            for architecture in architectures:
                step(f"base {base} for linux/{architecture}")
                bases[architecture] = base_image.ready(base, architecture, address, work)
                record.bases[f"linux/{architecture}"] = bases[architecture].digest
            for program in programs:
                image = dockerfile.read(ROOT, program)
                step(f"image {image.name} for {', '.join(architectures)}")
                built = assembly.assemble(
                    image,
                    bases,
                    version=folder.version,
                    revision=record.revision,
                    registry=address,
                    work=work,
                )
                layout = folder.layout(image.name)
                shutil.rmtree(layout, ignore_errors=True)
                reference = f"{address}/{image.name}@{built.index}"
                run(tool("crane"), "pull", "--format", "oci", reference, layout)
                record.images[image.name] = Artifact(built.index, built.manifests)
    folder.write(record)
    return record


def push(folder: Folder, target: str) -> Record:
    """Push the images to `target`, a registry with the path before the images' names.

    Raises:
        ReleaseError: the registry stored another digest, or refused.
    """
    record = folder.read()
    for name, image in record.images.items():
        repository = f"{target}/{name}"
        step(f"push {repository}:{folder.version}")
        tagged = f"{repository}:{folder.version}"
        run(tool("crane"), "push", folder.layout(name), tagged)
        stored = run(tool("crane"), "digest", tagged).strip()
        if stored != image.digest:
            raise ReleaseError(f"{tagged} has the digest {stored}, not {image.digest}")
        image.repository = repository
    folder.write(record)
    return record
