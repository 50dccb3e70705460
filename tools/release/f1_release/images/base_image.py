"""The base image: a named one, or one built from Debian's packages for each architecture.

An image named by BASE must have its Python version in PYTHON_VERSION, as Docker's `python` images
do. `BASE=debian` needs no image registry: mmdebstrap unpacks Debian's packages, also those of
another architecture, without executing them. That base has no shell and no package manager.
"""

import json
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from f1_release.commands import run, tool
from f1_release.errors import ReleaseError

DEBIAN = "debian"
SUITE = "bookworm"
PACKAGES = ("base-files", "ca-certificates", "libstdc++6", "media-types", "netbase", "tzdata")
PYTHON = ("libpython3-stdlib", "python3", "python3-minimal")
LEFT_OUT = ("man", "locale", "info", "doc")  # below /usr/share
# Metadata of each package for syft, as in Google's distroless images.
RECORD = """
mkdir -p "$1/var/lib/dpkg/status.d"
for deb in "$1"/var/cache/apt/archives/*.deb; do
    dpkg-deb --field "$deb" >"$1/var/lib/dpkg/status.d/$(dpkg-deb --field "$deb" Package)"
done
"""
# Debian's package writes this file during configuration, which needs programs of its architecture.
CERTIFICATES = """
mkdir -p "$1/etc/ssl/certs"
cat "$1"/usr/share/ca-certificates/mozilla/*.crt >"$1/etc/ssl/certs/ca-certificates.crt"
"""


@dataclass(frozen=True)
class Base:
    """A base image of one architecture, by digest, and the Python in it."""

    reference: str
    digest: str
    python: str  # 3.12.8
    passwd: str  # of /etc/passwd
    group: str

    @property
    def minor(self) -> str:
        """3.12."""
        return ".".join(self.python.split(".")[:2])

    @property
    def interpreter_folder(self) -> str:
        """The folder of python3."""
        return "/usr/bin" if "/base-debian" in self.reference else "/usr/local/bin"


def ready(name: str, architecture: str, registry: str, work: Path) -> Base:
    """The base in the staging registry, by digest.

    Raises:
        ReleaseError: it cannot be read, or has no Python version.
    """
    crane, platform = tool("crane"), f"linux/{architecture}"
    if name == DEBIAN:
        reference = f"{registry}/base-debian-{SUITE}"
        python = _made_of_debian(architecture, f"{reference}:{architecture}", work)
        tag = f"{reference}:{architecture}"
    else:
        reference = f"{registry}/base"
        tag = f"{reference}:{architecture}"
        run(crane, "copy", "--platform", platform, name, tag)
        env = json.loads(run(crane, "config", tag))["config"].get("Env", [])
        named = dict(entry.split("=", 1) for entry in env)
        python = named.get("PYTHON_VERSION", "")
        if not python:
            raise ReleaseError(f"{name} ({platform}) has no PYTHON_VERSION: name a python image")
    digest = run(crane, "digest", tag).strip()
    exported = work / f"base-{architecture}.tar"
    run(crane, "export", f"{reference}@{digest}", exported)
    passwd, group = _texts(exported, ("etc/passwd", "etc/group"))
    exported.unlink()
    return Base(f"{reference}@{digest}", digest, python, passwd, group)


def _made_of_debian(architecture: str, tag: str, work: Path) -> str:
    """Push a base of Debian's packages and return the version of its Python."""
    tar = work / f"debian-{architecture}.tar"
    hooks = [work / "record", work / "certificates"]
    for hook, script in zip(hooks, (RECORD, CERTIFICATES), strict=True):
        hook.write_text(script)
    filters = [f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in LEFT_OUT]
    run(
        *("mmdebstrap", "--quiet", "--variant=extract", f"--architectures={architecture}"),
        f"--include={','.join(PACKAGES + PYTHON)}",
        *(*filters, "--dpkgopt=path-include=/usr/share/doc/*/copyright"),
        *(f'--extract-hook=sh {hooks[0]} "$1"', f'--customize-hook=sh {hooks[1]} "$1"'),
        *(SUITE, tar),
        env={"SOURCE_DATE_EPOCH": "0"},
    )
    python = _python_of(tar)
    crane = tool("crane")
    run(crane, "append", "--oci-empty-base", "--new_layer", tar, "--new_tag", tag)
    path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    described = ("--env", f"PYTHON_VERSION={python}", "--env", path)
    run(crane, "mutate", tag, *described, "--set-platform", f"linux/{architecture}", "--tag", tag)
    tar.unlink()
    return python


def _python_of(tar: Path) -> str:
    """The version of Debian's python3.11-minimal, 3.11.2."""
    with tarfile.open(tar) as files:
        for member in files:
            if member.name.startswith("./var/lib/dpkg/status.d/python3.") and member.isfile():
                content = files.extractfile(member)
                assert content is not None
                for line in content.read().decode().splitlines():
                    if line.startswith("Version: "):
                        return line.removeprefix("Version: ").partition("-")[0]
    raise ReleaseError(f"mmdebstrap unpacked no Python of Debian's {SUITE}")


def _texts(tar: Path, names: Sequence[str]) -> list[str]:
    """The texts of files; a missing file gets the minimal text that a program needs."""
    least = {"etc/passwd": "root:x:0:0:root:/root:/usr/sbin/nologin\n", "etc/group": "root:x:0:\n"}
    found = dict(least)
    with tarfile.open(tar) as files:
        for member in files:
            name = member.name.removeprefix("./").removeprefix("/")
            if name in names and member.isfile():
                content = files.extractfile(member)
                assert content is not None
                found[name] = content.read().decode()
    return [found[name] for name in names]
