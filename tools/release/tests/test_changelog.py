"""The changelog's section of a release becomes its notes and Artifact Hub's list of changes."""

import datetime as dt

import pytest

from f1_release import changelog, versions
from f1_release.changelog import Change
from f1_release.commands import ROOT
from f1_release.errors import ReleaseError

TEXT = """\
# Changelog

## 0.3.0 - unreleased

### Added

- One thing
  on two lines.

### Security

- Another.

## 0.2.0 - 2026-11-28

### Fixed

- An old one.
"""


def test_entries_have_the_kinds_of_artifact_hub() -> None:
    assert changelog.changes(TEXT, "0.3.0") == [
        Change("added", "One thing on two lines."),
        Change("security", "Another."),
    ]
    assert changelog.changes(TEXT, "0.2.0") == [Change("fixed", "An old one.")]


def test_a_released_section_has_a_date() -> None:
    dated = changelog.dated(TEXT, "0.3.0", dt.date(2027, 1, 2))
    assert dated == TEXT.replace("0.3.0 - unreleased", "0.3.0 - 2027-01-02")


def test_a_released_section_is_not_dated_again() -> None:
    with pytest.raises(ReleaseError, match=r"no heading `## 0\.2\.0 - unreleased`"):
        changelog.dated(TEXT, "0.2.0", dt.date(2027, 1, 2))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (TEXT.replace("0.3.0", "0.4.0"), "has no section 0.3.0"),
        ("## 0.3.0 - unreleased\n\n## 0.2.0 - 2026-11-28\n", "the section 0.3.0 is empty"),
        ("## 0.3.0 - unreleased\n\n### Added\n", "the section 0.3.0 has no entries"),
        ("## 0.3.0 - unreleased\n\nA paragraph.\n", "the section 0.3.0 has no entries"),
        (TEXT.replace("### Added", "### New"), "`### New` in 0.3.0 is none of Added, Changed"),
    ],
)
def test_a_changelog_that_cannot_be_released_is_refused(text: str, problem: str) -> None:
    with pytest.raises(ReleaseError, match=problem):
        changelog.changes(text, "0.3.0")


def test_the_changelog_of_the_work_tree_is_valid() -> None:
    text = (ROOT / "CHANGELOG.md").read_text()
    assert len(changelog.changes(text, versions.current())) > 20
