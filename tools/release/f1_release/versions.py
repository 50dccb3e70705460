"""The version of the project: it is in the root pyproject.toml, and repeated in other files."""

import re
from dataclasses import dataclass
from pathlib import Path

from f1_release.commands import ROOT
from f1_release.errors import ReleaseError

SEMVER = re.compile(r"(\d+)\.(\d+)\.(\d+)(-[0-9A-Za-z.-]+)?")


@dataclass(frozen=True)
class Place:
    """A file that states the version; the pattern's group 1 is the version."""

    path: str
    pattern: str = r'^version = "([^"]+)"$'

    def version(self, root: Path = ROOT) -> str:
        """The version in the file.

        Raises:
            ReleaseError: there is none.
        """
        found = re.search(self.pattern, (root / self.path).read_text(), re.MULTILINE)
        if found is None:
            raise ReleaseError(f"{self.path} states no version: {self.pattern} is not in it")
        return found[1]

    def write(self, version: str, root: Path = ROOT) -> None:
        """Replace the version."""
        self.version(root)
        path = root / self.path

        def replaced(match: re.Match[str]) -> str:
            return match[0].replace(match[1], version)

        text = re.sub(self.pattern, replaced, path.read_text(), count=1, flags=re.MULTILINE)
        path.write_text(text)


SOURCE = Place("pyproject.toml")


def places(root: Path = ROOT) -> list[Place]:
    """Every file that repeats the version: those of workspace members, and the chart."""
    chart = "charts/f1-aggregator/Chart.yaml"
    members = re.search(r"^members = \[(.+)\]$", (root / SOURCE.path).read_text(), re.MULTILINE)
    assert members is not None
    return [
        *(Place(f"{name}/pyproject.toml") for name in re.findall(r'"([^"]+)"', members[1])),
        Place(chart, r"^version: (\S+)$"),
        Place(chart, r"^appVersion: (\S+)$"),
    ]


def current(root: Path = ROOT) -> str:
    """The version of the work tree."""
    return SOURCE.version(root)


def differing(root: Path = ROOT) -> list[str]:
    """The places with another version than the source."""
    expected = current(root)
    return [
        f"{place.path} states {place.version(root)}, {SOURCE.path} {expected}: run make version "
        f"VERSION={expected}"
        for place in places(root)
        if place.version(root) != expected
    ]


def write(version: str, root: Path = ROOT) -> None:
    """Write the version everywhere.

    Raises:
        ReleaseError: it is not a semantic version.
    """
    checked(version)
    for place in [SOURCE, *places(root)]:
        place.write(version, root)


def precedes(version: str, other: str) -> bool:
    """Whether a version is older than another; a pre-release is older than its release.

    Raises:
        ReleaseError: one of them is not a semantic version.
    """

    def order(text: str) -> tuple[int, int, int, bool]:
        numbers, _, suffix = checked(text).partition("-")
        major, minor, patch = map(int, numbers.split("."))
        return major, minor, patch, not suffix

    return order(version) < order(other)


def checked(version: str) -> str:
    """The version, if it is a semantic one.

    Raises:
        ReleaseError: it is not.
    """
    if not SEMVER.fullmatch(version):
        raise ReleaseError(f"VERSION={version} is no version: write it as 1.2.3 or 1.2.3-rc.1")
    return version
