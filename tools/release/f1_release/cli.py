"""The commands behind the make targets of tools/release/targets.mk."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from f1_release import chart, rehearsal, steps, versions
from f1_release import release as releasing
from f1_release.errors import ReleaseError
from f1_release.folder import Folder
from f1_release.packages import licences as licence_list
from f1_release.packages import sbom, scans
from f1_release.signing import verification
from f1_release.signing.signatures import Signer, Verifier

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

Version = Annotated[str, typer.Argument(help="such as 0.3.0")]
Registry = Annotated[str, typer.Option(help="registry and path before the images' names")]
Base = Annotated[str, typer.Option(help="the base image, or debian")]


@contextmanager
def reported() -> Iterator[None]:
    """An error of a step as one message and exit code 1."""
    try:
        yield
    except ReleaseError as error:
        print(f"make: {error}", file=sys.stderr)
        raise typer.Exit(1) from None


@app.command()
def images(
    version: Version,
    base: Base = "python:3.12-slim",
    architectures: Annotated[str, typer.Option(help="separated by commas")] = "amd64,arm64",
    programs: Annotated[str, typer.Option(help="their folders")] = ",".join(steps.PROGRAMS),
) -> None:
    """Assemble the images as OCI layouts in dist/VERSION/images."""
    with reported():
        record = steps.assemble(
            Folder(version),
            base=base,
            architectures=architectures.split(","),
            programs=programs.split(","),
        )
        for name, image in record.images.items():
            print(f"{name}@{image.digest}")


@app.command()
def push(version: Version, registry: Registry) -> None:
    """Push the images and print their references by digest."""
    with reported():
        for image in steps.push(Folder(version), registry.rstrip("/")).images.values():
            print(image.reference)


@app.command()
def version(
    to: Annotated[str, typer.Argument(help="the new version; without one: check all places")] = "",
) -> None:
    """Write the version into every file that states it, or report those that differ."""
    with reported():
        if to:
            versions.write(to)
        if wrong := versions.differing():
            raise ReleaseError("\n".join(wrong))
        print(versions.current())


@app.command()
def bill(version: Version) -> None:
    """Write a CycloneDX SBOM of each image and platform into dist/VERSION/sbom."""
    with reported():
        folder = Folder(version)
        for path in sbom.write(folder, folder.read()):
            print(path)


@app.command()
def licences(
    write: Annotated[bool, typer.Option(help="write docs/licences.md")] = False,
) -> None:
    """The licences of what the images contain; fails for one that is not allowed."""
    with reported():
        licence_list.check()
        if write:
            licence_list.write()


@app.command()
def chart_package(version: Version) -> None:
    """Package the chart with the images' digests and Artifact Hub's annotations."""
    with reported():
        folder = Folder(version)
        print(chart.package(folder.read(), folder.inside("chart")))


@app.command()
def release(
    version: Version,
    registry: Annotated[str, typer.Option(help="where everything is pushed")] = "",
    base: Base = "python:3.12-slim",
    key: Annotated[str, typer.Option(help="cosign's private key; empty: keyless")] = "",
    dry_run: Annotated[bool, typer.Option(help="into a registry of this machine, no tag")] = False,
) -> None:
    """Commit the version, publish and sign everything, verify it, and tag the commit."""
    with reported():
        if dry_run:
            rehearsal.run(version, base=base)
            return
        if not registry:
            raise ReleaseError("REGISTRY is not set: write REGISTRY=registry.example/f1")
        releasing.prepare(version)
        folder = Folder(version)
        record = releasing.publish(folder, registry.rstrip("/"), Signer(key), base=base)
        name = releasing.tag(record)
        print(f"{name} is published. Verify it, then push the tag: git push origin HEAD {name}")


@app.command()
def verify(
    version: Version,
    key: Annotated[str, typer.Option(help="the public key")] = "",
    identity: Annotated[str, typer.Option(help="keyless: a regular expression")] = "",
    issuer: Annotated[str, typer.Option(help="keyless: of the OIDC tokens")] = "",
) -> None:
    """Verify dist/VERSION, and the images and the chart in their registry."""
    with reported():
        verification.verify(Folder(version), Verifier(key, identity, issuer))
        print(f"verified: release {version}")


@app.command()
def scan(
    version: Version,
    allow_unscanned: Annotated[
        bool, typer.Option(help="pass without a vulnerability database")
    ] = False,
) -> None:
    """Scan Dockerfiles, commits, the lock and the SBOMs of dist/VERSION."""
    with reported():
        scans.run(version, allow_unscanned=allow_unscanned)
