"""The licences of all packages in the images, from the packages' metadata.

A licence that is not in ALLOWED needs a reason in REASONS, so that no licence with obligations for
users of the running programs is added unnoticed.
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from importlib.metadata import PackageMetadata, PackageNotFoundError, distribution

from f1_release.commands import ROOT, run
from f1_release.errors import ReleaseError
from f1_release.images import dockerfile
from f1_release.steps import PROGRAMS

PAGE = ROOT / "docs" / "licences.md"
ALLOWED = {
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "MIT",
    "PSF-2.0",
    "Python-2.0",
    "Unlicense",
    "Zlib",
}
# Copyleft or other licences: why they are acceptable in an image.
REASONS: Mapping[str, str] = {
    "certifi": (
        "MPL-2.0. Its obligation is per file, and the file, a list of authorities, is unchanged."
    ),
    "psycopg2-binary": (
        "LGPL-3.0 with exceptions. It is imported as a library, unchanged, and can be replaced."
    ),
}
# Names in metadata that are not SPDX expressions.
SPDX = {
    "apache 2.0": "Apache-2.0",
    "apache license 2.0": "Apache-2.0",
    "apache license, version 2.0": "Apache-2.0",
    "apache software license": "Apache-2.0",
    "apache-2.0 license": "Apache-2.0",
    "bsd": "BSD-3-Clause",
    "dual license": "Apache-2.0 OR BSD-3-Clause",
    "isc license": "ISC",
    "bsd license": "BSD-3-Clause",
    "bsd-3-clause license": "BSD-3-Clause",
    "isc license (iscl)": "ISC",
    "lgpl with exceptions": "LGPL-3.0-or-later",
    "mit license": "MIT",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
    "python software foundation license": "PSF-2.0",
}
HEAD = """\
# Licences

The Python packages in the released images, by their own metadata. `make licences` writes this page
and fails for a licence that `tools/release/f1_release/packages/licences.py` neither allows nor
explains; `make test` runs the same check. The packages of the base image are in each image's
SBOM. Tools of the build and of the tests, some of them under GPL or AGPL, are in no image.

Copyleft licences at run time, and why each is accepted:
"""
TABLE = """
| package | licence | images |
| --- | --- | --- |"""


def packages() -> dict[str, set[str]]:
    """Each distribution in an image, and the images that have it."""
    found: dict[str, set[str]] = {}
    for folder in PROGRAMS:
        image = dockerfile.read(ROOT, folder)
        locked = run("tools/images/stage/locked", *image.locked, cwd=ROOT)
        for name in re.findall(r"^([\w.-]+)==", locked, re.MULTILINE):
            found.setdefault(name, set()).add(image.name)
    return found


def licence(metadata: PackageMetadata) -> str:
    """The SPDX expression of a distribution's metadata; an unknown text is returned unchanged."""
    if "License-Expression" in metadata:
        return str(metadata["License-Expression"])
    classifiers = [
        text.rpartition(" :: ")[2]
        for text in metadata.get_all("Classifier") or []
        if text.startswith("License :: OSI Approved :: ")
    ]
    text = str((metadata.get_all("License") or [""])[0]).strip()
    short = text if "\n" not in text and len(text) < 60 else ""
    for candidate in (short, *classifiers):
        if candidate and (expression := SPDX.get(str(candidate).lower(), str(candidate))):
            return str(expression)
    return "unknown"


def refused(name: str, expression: str) -> bool:
    """Whether the licence needs a reason that is missing."""
    if name in REASONS:
        return False
    return not any(
        all(part.strip(" ()") in ALLOWED for part in choice.split(" AND "))
        for choice in expression.split(" OR ")
    )


def known() -> dict[str, str]:
    """The licence of each package, except packages for other systems than Linux."""
    found: dict[str, str] = {}
    for name in sorted(packages()):
        with suppress(PackageNotFoundError):
            found[name] = licence(distribution(name).metadata)
    return found


def page() -> str:
    """docs/licences.md."""
    owners, rows = packages(), []
    for name, expression in known().items():
        images = ", ".join(sorted(owners[name]))
        rows.append(f"| {name} | {expression} | {images} |")
    reasons = [f"- {name}: {reason}" for name, reason in sorted(REASONS.items())]
    return "\n".join([HEAD, *reasons, TABLE, *rows, ""])


def write() -> None:
    """Write the page."""
    PAGE.write_text(page())


def check() -> dict[str, str]:
    """All licences by package.

    Raises:
        ReleaseError: a licence is refused, or a reason is for a package that no image has.
    """
    found = known()
    if wrong := {name: one for name, one in found.items() if refused(name, one)}:
        listed = "\n".join(f"  {name}: {one}" for name, one in wrong.items())
        raise ReleaseError(
            f"these licences are not in ALLOWED of {__name__}; use another package, or add a "
            f"reason to REASONS:\n{listed}"
        )
    if unused := REASONS.keys() - found.keys():
        raise ReleaseError(f"REASONS has packages that no image has: {', '.join(sorted(unused))}")
    return found
