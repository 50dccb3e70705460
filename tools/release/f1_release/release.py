"""`make release`: every step in its order, and the tag last."""

import datetime as dt
import tempfile
from pathlib import Path

from f1_release import changelog, chart, digests, steps, versions
from f1_release.commands import ROOT, run, tool
from f1_release.errors import ReleaseError
from f1_release.folder import Artifact, Folder, Record
from f1_release.packages import sbom
from f1_release.report import step
from f1_release.signing import provenance
from f1_release.signing.signatures import CYCLONEDX, SLSA, Signer
from f1_release.signing.verification import is_loopback

CHANGELOG = ROOT / "CHANGELOG.md"


def prepare(version: str) -> None:
    """Commit the version and the changelog's date, unless they are committed; refuse a second tag.

    Raises:
        ReleaseError: the work tree has changes or a newer version, the tag exists, or the changelog
            has no changes.
    """
    if versions.precedes(version, current := versions.current()):
        raise ReleaseError(f"{version} is older than the work tree's version {current}")
    if run("git", "status", "--porcelain", cwd=ROOT).strip():
        raise ReleaseError("the work tree has changes: commit them, then release")
    if run("git", "tag", "--list", f"v{version}", cwd=ROOT).strip():
        raise ReleaseError(f"the tag v{version} exists: a released version is never changed")
    text = CHANGELOG.read_text()
    changelog.changes(text, version)
    if f"## {version} - unreleased" in text:
        day = dt.datetime.now(dt.UTC).date()
        CHANGELOG.write_text(changelog.dated(text, version, day))
    versions.write(version)
    if run("git", "status", "--porcelain", cwd=ROOT).strip():
        step(f"commit of version {version}")
        run("git", "commit", "--all", "--message", f"Release {version}", cwd=ROOT)


def publish(folder: Folder, registry: str, signer: Signer, *, base: str) -> Record:
    """Assemble, push, describe and sign everything; release.json is signed last.

    Raises:
        ReleaseError: a step failed. A second run replaces its results.
    """
    started = dt.datetime.now(dt.UTC)
    steps.assemble(folder, base=base, architectures=("amd64", "arm64"))
    record = steps.push(folder, registry)
    name_as_git(folder, record)
    sbom.write(folder, record)
    complete(folder, record, registry, signer, started=started)
    return record


def name_as_git(folder: Folder, record: Record) -> None:
    """Also tag the pushed images v0.3.0, like the commit in git: `make deploy` takes one IMAGE_TAG.

    Raises:
        ReleaseError: the registry refused.
    """
    for image_name, image in record.images.items():
        # A push, since a repeated `crane tag` fails in a registry with immutable tags.
        tagged = f"{image.repository}:v{record.version}"
        run(tool("crane"), "push", folder.layout(image_name), tagged)


def complete(
    folder: Folder, record: Record, registry: str, signer: Signer, *, started: dt.datetime
) -> None:
    """Package and push the chart, and sign: images, statements about them, chart, release.json.

    Raises:
        ReleaseError: an SBOM is missing, or a program failed.
    """
    step("chart")
    package = chart.package(record, folder.inside("chart"))
    digest = chart.push(package, registry, plain_http=is_loopback(registry))
    record.chart = Artifact(digest, repository=f"{registry}/charts/{chart.CHART.name}")
    notes = folder.path / "notes.md"
    notes.write_text(changelog.section(CHANGELOG.read_text(), record.version) + "\n")
    files = [package, notes]

    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        for image_name, image in sorted(record.images.items()):
            step(f"signatures of {image_name}")
            stated = provenance.write(record, image_name, started, folder.inside("provenance"))
            signer.sign(image.reference, work)
            signer.attest(image.reference, SLSA, stated, work)
            files.append(stated)
            for platform, member in sorted(image.platforms.items()):
                bill = sbom.file(folder, image_name, platform)
                signer.attest(f"{image.repository}@{member}", CYCLONEDX, bill, work)
                files.append(bill)
        step("signature of the chart and of release.json")
        signer.sign(record.chart.reference, work)
        record.files = {
            str(path.relative_to(folder.path)): digests.sha256(path) for path in sorted(files)
        }
        folder.write(record)
        signer.sign_file(folder.record_file, work)


def tag(record: Record) -> str:
    """Tag the commit that was released; the message has the changes.

    Raises:
        ReleaseError: the commit is no longer the one that was released.
    """
    if (now := steps.revision()) != record.revision:
        raise ReleaseError(f"the work tree is at {now}, but {record.revision} was released")
    name = f"v{record.version}"
    notes = changelog.section(CHANGELOG.read_text(), record.version)
    # Otherwise git treats the headings of the notes as comments.
    options = ("--annotate", "--cleanup=verbatim", "--file=-")
    run("git", "tag", *options, name, cwd=ROOT, text_in=f"Release {record.version}\n\n{notes}\n")
    return name
