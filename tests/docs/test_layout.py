"""The layout that CONTRIBUTING.md describes: small folders and files, names with a subject."""

import re
import subprocess
from collections import Counter
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).parents[2]
FOLDER_FILES, FILE_LINES = 15, 400
FULLER = {
    "charts/f1-aggregator/alerts": "a file an alert, named after it",
    "charts/tests/alerts": "the cases of an alert each, named after it",
    "docs": "the pages of the site's first level, as mkdocs.yml orders them",
    "docs/adr": "numbered decisions",
    "docs/runbooks": "a page an alert, named after it",
    "libs/core/src/f1_core/migrations/versions": "numbered migrations, in one folder for Alembic",
}
NO_SUBJECT = re.compile(r"_?(utils?|helpers?|common|base|misc)", re.IGNORECASE)


def _files() -> list[PurePosixPath]:
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    done = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True)
    return [PurePosixPath(name) for name in done.stdout.split("\0") if (ROOT / name).is_file()]


@pytest.fixture(scope="module")
def files() -> list[PurePosixPath]:
    """All files of the repository, without those that git ignores."""
    return _files()


def test_a_folder_has_at_most_15_files(files: list[PurePosixPath]) -> None:
    sizes = Counter(str(file.parent) for file in files)
    full = {folder: size for folder, size in sizes.items() if size > FOLDER_FILES}
    assert {folder: size for folder, size in full.items() if folder not in FULLER} == {}
    assert [folder for folder in FULLER if folder not in sizes] == []


def test_a_python_file_has_at_most_400_lines(files: list[PurePosixPath]) -> None:
    lines = {
        str(file): (ROOT / file).read_bytes().count(b"\n") for file in files if file.suffix == ".py"
    }
    assert {name: count for name, count in lines.items() if count > FILE_LINES} == {}


def test_no_file_has_a_generic_name(files: list[PurePosixPath]) -> None:
    named = {str(file) for file in files for part in file.parts if NO_SUBJECT.fullmatch(part)}
    stems = {str(file) for file in files if NO_SUBJECT.fullmatch(file.stem)}
    assert sorted(named | stems) == []
