"""The version is in one file, and every other file repeats it."""

import shutil
from pathlib import Path

import pytest

from f1_release import versions
from f1_release.commands import ROOT
from f1_release.errors import ReleaseError


def test_every_file_has_the_version_of_pyproject_toml() -> None:
    assert versions.differing() == []
    assert len(versions.places()) == 9  # seven distributions, and twice the chart


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for place in [versions.SOURCE, *versions.places()]:
        (tmp_path / place.path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / place.path, tmp_path / place.path)
    return tmp_path


def test_a_new_version_is_written_everywhere_and_nothing_else_changes(copy: Path) -> None:
    versions.write("1.2.3-rc.1", copy)
    assert versions.current(copy) == "1.2.3-rc.1"
    assert versions.differing(copy) == []
    for place in versions.places(copy):
        before, after = (ROOT / place.path).read_text(), (copy / place.path).read_text()
        assert before == after.replace("1.2.3-rc.1", versions.current())


def test_a_file_with_another_version_is_named(copy: Path) -> None:
    versions.Place("services/api/pyproject.toml").write("9.9.9", copy)
    [problem] = versions.differing(copy)
    assert problem.startswith("services/api/pyproject.toml states 9.9.9")


@pytest.mark.parametrize("wrong", ["1.2", "v1.2.3", "1.2.3+local", ""])
def test_an_invalid_version_is_refused(copy: Path, wrong: str) -> None:
    with pytest.raises(ReleaseError, match=r"is no version: write it as 1\.2\.3"):
        versions.write(wrong, copy)


def test_an_older_version_is_detected() -> None:
    assert versions.precedes("0.9.0", "0.10.0")
    assert versions.precedes("1.0.0-rc.1", "1.0.0")
    assert not versions.precedes("1.0.0", "1.0.0")
    assert not versions.precedes("1.0.1-rc.1", "1.0.0")
