"""Releases that are refused before anything is built, pushed or signed."""

import subprocess
from pathlib import Path

import pytest

from f1_release import release, versions
from f1_release.commands import ROOT
from f1_release.errors import ReleaseError
from f1_release.folder import Folder, Record
from f1_release.signing import verification
from f1_release.signing.signatures import Verifier

BUILT = (
    ".venv/installed",
    ".cache/kube/bin/helm",
    *(f".cache/supply/bin/{one}" for one in ("crane", "cosign", "syft")),
)
"""Programs that make does not build here: values are refused before these are used."""


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with the committed version 0.3.0, and a changelog with its changes."""
    for place in [versions.SOURCE, *versions.places()]:
        path = tmp_path / place.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text((ROOT / place.path).read_text())
    versions.write("0.3.0", tmp_path)
    (tmp_path / "CHANGELOG.md").write_text("## 0.3.0 - unreleased\n\n### Added\n\n- One.\n")
    for name in ("GIT_AUTHOR", "GIT_COMMITTER"):
        monkeypatch.setenv(f"{name}_NAME", "a")
        monkeypatch.setenv(f"{name}_EMAIL", "a@example.org")
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", "--all")
    git(tmp_path, "commit", "--quiet", "--message", "one")
    monkeypatch.setattr(release, "ROOT", tmp_path)
    monkeypatch.setattr(release, "CHANGELOG", tmp_path / "CHANGELOG.md")
    for name in ("current", "write"):
        of_checkout = getattr(versions, name)
        monkeypatch.setattr(versions, name, lambda *given, do=of_checkout: do(*given, tmp_path))
    return tmp_path


def git(folder: Path, *words: str) -> str:
    done = ["git", "-C", str(folder), *words]
    return subprocess.run(done, check=True, capture_output=True, text=True).stdout


def test_the_version_and_its_date_are_committed_once(checkout: Path) -> None:
    release.prepare("0.3.0")
    assert git(checkout, "log", "-1", "--format=%s") == "Release 0.3.0\n"
    assert "## 0.3.0 - 2" in (checkout / "CHANGELOG.md").read_text()
    before = git(checkout, "rev-parse", "HEAD")
    release.prepare("0.3.0")
    assert git(checkout, "rev-parse", "HEAD") == before


def test_a_changed_work_tree_is_refused(checkout: Path) -> None:
    (checkout / "a").write_text("")
    with pytest.raises(ReleaseError, match="the work tree has changes"):
        release.prepare("0.3.0")


def test_an_existing_tag_is_refused(checkout: Path) -> None:
    git(checkout, "tag", "v0.3.0")
    with pytest.raises(ReleaseError, match=r"the tag v0\.3\.0 exists"):
        release.prepare("0.3.0")


def test_an_older_version_is_refused(checkout: Path) -> None:
    with pytest.raises(ReleaseError, match=r"0\.2\.0 is older than .* 0\.3\.0"):
        release.prepare("0.2.0")


def test_a_version_without_changes_is_refused_and_nothing_is_written(checkout: Path) -> None:
    with pytest.raises(ReleaseError, match=r"no section 0\.4\.0"):
        release.prepare("0.4.0")
    assert git(checkout, "status", "--porcelain") == ""


def test_another_release_in_the_folder_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its signature is valid, so only the version shows that it was replaced."""
    monkeypatch.setattr(Verifier, "verify_file", lambda *_: None)
    Folder("0.3.0", tmp_path).write(Record("0.2.0", "d0c5f1", "none"))
    with pytest.raises(ReleaseError, match=r"is of release 0\.2\.0, not 0\.3\.0"):
        verification.verify(Folder("0.3.0", tmp_path), Verifier("cosign.pub"))


@pytest.mark.parametrize("target", ["version", "images-push", "release", "verify-release"])
@pytest.mark.parametrize("value", ["0.3.0; touch {}", "$(touch {})", "$(shell touch {})", "../a"])
def test_no_value_is_executed_as_a_command(tmp_path: Path, target: str, value: str) -> None:
    """`make` with the value in the environment, as Jenkins passes a parameter."""
    touched = tmp_path / "touched"
    given = value.format(touched)
    names = ("VERSION", "REGISTRY", "BASE", "KEY", "IDENTITY", "ISSUER", "ARCHITECTURES")
    done = subprocess.run(
        ["make", "--no-print-directory", *(f"--old-file={one}" for one in BUILT), target],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), **dict.fromkeys(names, given)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode
    assert "VERSION=" in done.stderr
    assert not touched.exists()
    assert not (ROOT / "dist" / given).exists()
