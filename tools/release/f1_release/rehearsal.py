"""`make release DRY_RUN=1`: every step with a registry on this machine, then the verification."""

import tempfile
from pathlib import Path

from f1_release import versions
from f1_release.errors import ReleaseError
from f1_release.folder import Folder
from f1_release.images import registry
from f1_release.release import publish
from f1_release.report import step
from f1_release.signing.signatures import Signer, Verifier, new_key
from f1_release.signing.verification import verify


def run(version: str, *, base: str) -> None:
    """Release the unchanged work tree with a new key, without a commit and a tag.

    Raises:
        ReleaseError: a step failed, or the version is not the work tree's.
    """
    if version != (current := versions.current()):
        raise ReleaseError(
            f"a dry run releases the work tree's version {current}: run make version "
            f"VERSION={version} first, or leave VERSION out"
        )
    folder = Folder(version)
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        with registry.serving(work / "registry") as address:
            key = new_key(work)
            publish(folder, f"{address}/f1", Signer(str(key)), base=base)
            verify(folder, Verifier(str(key.with_suffix(".pub"))))
    step(f"verified. {folder.path} has everything that a release publishes")
