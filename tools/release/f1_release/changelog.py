"""CHANGELOG.md in the format of Keep a Changelog: the section of a release, and its entries."""

import datetime as dt
import re
from dataclasses import dataclass

from f1_release.errors import ReleaseError

# The headings of a section, and Artifact Hub's names for them.
KINDS = {
    "Added": "added",
    "Changed": "changed",
    "Deprecated": "deprecated",
    "Removed": "removed",
    "Fixed": "fixed",
    "Security": "security",
}
HEADING = r"^## {version} - (unreleased|\d{{4}}-\d{{2}}-\d{{2}})$"


@dataclass(frozen=True)
class Change:
    """One entry: its kind in Artifact Hub, and its text on one line."""

    kind: str
    description: str


def dated(text: str, version: str, day: dt.date) -> str:
    """The changelog with the date instead of `unreleased`.

    Raises:
        ReleaseError: no unreleased section for the version.
    """
    heading = rf"^## {re.escape(version)} - unreleased$"
    released, count = re.subn(heading, f"## {version} - {day}", text, flags=re.MULTILINE)
    if count != 1:
        raise ReleaseError(
            f"CHANGELOG.md has no heading `## {version} - unreleased`: write the changes under it"
        )
    return released


def section(text: str, version: str) -> str:
    """The text under the heading of a version.

    Raises:
        ReleaseError: there is none.
    """
    heading = re.search(HEADING.format(version=re.escape(version)), text, re.MULTILINE)
    if heading is None:
        raise ReleaseError(f"CHANGELOG.md has no section {version}")
    body = re.split(r"^## ", text[heading.end() :], maxsplit=1, flags=re.MULTILINE)[0].strip()
    if not body:
        raise ReleaseError(f"CHANGELOG.md: the section {version} is empty")
    return body


def changes(text: str, version: str) -> list[Change]:
    """The entries of a version, in their order.

    Raises:
        ReleaseError: a heading is not from Keep a Changelog, or has no entry.
    """
    found: list[Change] = []
    for part in re.split(r"^### ", section(text, version), flags=re.MULTILINE)[1:]:
        title, _, rest = part.partition("\n")
        if title.strip() not in KINDS:
            raise ReleaseError(
                f"CHANGELOG.md: `### {title}` in {version} is none of {', '.join(KINDS)}"
            )
        entries = re.split(r"^- ", rest, flags=re.MULTILINE)[1:]
        found += [Change(KINDS[title.strip()], " ".join(entry.split())) for entry in entries]
    if not found:
        raise ReleaseError(
            f"CHANGELOG.md: the section {version} has no entries (`- ...` below `### Added`)"
        )
    return found
