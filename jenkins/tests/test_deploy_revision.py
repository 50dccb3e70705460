"""`make deploy-revision` in a real clone: only commits on main are checked out."""

import subprocess
from pathlib import Path

import pytest
from builds import ROOT

SCRIPT = ROOT / "jenkins" / "deploy-revision"


def git(folder: Path, *words: str) -> str:
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    done = ["git", "-C", str(folder), *identity, *words]
    return subprocess.run(done, check=True, capture_output=True, text=True).stdout.strip()


def commit(folder: Path) -> str:
    git(folder, "commit", "--quiet", "--allow-empty", "--message", "one")
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    """Two commits on main, the first with the tag v0.2.0, and one on a branch, also with a tag."""
    folder = tmp_path / "origin"
    git(tmp_path, "init", "--quiet", "--initial-branch=main", str(folder))
    commit(folder)
    git(folder, "tag", "--annotate", "--message=one", "v0.2.0")
    commit(folder)
    git(folder, "switch", "--quiet", "--create", "a-branch")
    commit(folder)
    git(folder, "tag", "v0.2.0-mine")
    git(folder, "switch", "--quiet", "main")
    return folder


@pytest.fixture
def clone(origin: Path, tmp_path: Path) -> Path:
    git(tmp_path, "clone", "--quiet", str(origin), "clone")
    return tmp_path / "clone"


def deploy(clone: Path, revision: str) -> subprocess.CompletedProcess[str]:
    done = [str(SCRIPT), revision]
    return subprocess.run(done, cwd=clone, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("revision", ["v0.2.0", "main^{commit}"])
def test_a_tag_or_commit_of_main_is_checked_out(origin: Path, clone: Path, revision: str) -> None:
    commit_id = git(origin, "rev-parse", f"{revision}^{{commit}}")
    done = deploy(clone, revision if revision.startswith("v") else commit_id)
    assert (done.returncode, done.stdout) == (0, f"Revision {commit_id}\n"), done.stderr
    assert git(clone, "rev-parse", "HEAD") == commit_id


@pytest.mark.parametrize(
    ("revision", "problem"),
    [
        ("a-branch", "A branch cannot be deployed: write the commit."),
        ("main", "A branch cannot be deployed: write the commit."),
        ("v0.2.0-mine", "is not on main. Merge it first"),
        ("0" * 40, "neither a tag nor a whole commit"),
        ("origin/main", "cannot be the tag of an image"),
        ("--orphan=a", "cannot be the tag of an image"),
        ("v0.2.0;touch a", "cannot be the tag of an image"),
        ("", "cannot be the tag of an image"),
    ],
)
def test_anything_else_is_refused(clone: Path, revision: str, problem: str) -> None:
    before = git(clone, "rev-parse", "HEAD")
    done = deploy(clone, revision)
    assert done.returncode == 1
    assert problem in done.stderr
    assert git(clone, "rev-parse", "HEAD") == before


def test_a_shortened_commit_of_main_is_refused(origin: Path, clone: Path) -> None:
    """CI tags images with the whole commit."""
    done = deploy(clone, git(origin, "rev-parse", "main")[:12])
    assert done.returncode == 1
    assert "neither a tag nor a whole commit" in done.stderr


def test_a_commit_of_a_branch_is_refused(origin: Path, clone: Path) -> None:
    done = deploy(clone, git(origin, "rev-parse", "a-branch"))
    assert done.returncode == 1
    assert "is not on main" in done.stderr
