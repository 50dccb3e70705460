"""Images assembled without a container engine start on both architectures, and are reproducible.

The smallest program on Debian's packages; arm64 is emulated by qemu. Needs root, for chroot.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from f1_release.commands import ROOT, run, tool
from f1_release.images import assembly, base_image, dockerfile, registry
from f1_release.images.assembly import Built

PROGRAM = "operator"
QEMU = {"amd64": None, "arm64": shutil.which("qemu-aarch64-static")}


@dataclass(frozen=True)
class Assembled:
    """Two runs with the same bases, in the registry at `address`."""

    address: str
    first: Built
    second: Built


@pytest.fixture(scope="module")
def assembled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assembled]:
    if not os.environ.get("F1_REQUIRE_SUPPLY"):
        pytest.skip("takes minutes, and root, mmdebstrap and crane: make supply-chain")
    work = tmp_path_factory.mktemp("images")
    with registry.serving(work / "registry") as address:
        bases = {one: base_image.ready(base_image.DEBIAN, one, address, work) for one in QEMU}
        image = dockerfile.read(ROOT, PROGRAM)

        def assemble() -> Built:
            return assembly.assemble(
                image, bases, version="1.2.3", revision="0" * 40, registry=address, work=work
            )

        yield Assembled(address, assemble(), assemble())


def test_the_same_inputs_give_the_same_digests(assembled: Assembled) -> None:
    assert assembled.first == assembled.second


@pytest.mark.parametrize("architecture", list(QEMU))
def test_the_program_starts(assembled: Assembled, architecture: str, tmp_path: Path) -> None:
    """As the image's user, with only the image's files."""
    emulator = QEMU[architecture]
    assert emulator or architecture == "amd64", "qemu-user-static is not installed"
    digest = assembled.first.manifests[f"linux/{architecture}"]
    reference = f"{assembled.address}/{assembled.first.name}@{digest}"
    run(tool("crane"), "export", reference, tmp_path / "image.tar")
    root = tmp_path / "root"
    root.mkdir()
    subprocess.run(["tar", "-C", root, "-xf", tmp_path / "image.tar"], check=True)
    command = ["/opt/f1/bin/python3", "/opt/program/bin/f1-operator", "--help"]
    if emulator:
        shutil.copy(emulator, root / "emulator")
        command.insert(0, "/emulator")
    done = subprocess.run(
        ["/usr/sbin/chroot", "--userspec=10001:10001", root, *command],
        env={"PYTHONPATH": "/opt/program", "PYTHONDONTWRITEBYTECODE": "1", "HOME": "/tmp"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Usage: f1-operator" in done.stdout


def test_each_platform_has_its_own_machine_code(assembled: Assembled, tmp_path: Path) -> None:
    names = {"amd64": "x86_64-linux-gnu.so", "arm64": "aarch64-linux-gnu.so"}
    for architecture, name in names.items():
        digest = assembled.first.manifests[f"linux/{architecture}"]
        reference = f"{assembled.address}/{assembled.first.name}@{digest}"
        run(tool("crane"), "export", reference, tmp_path / "image.tar")
        listed = run("tar", "-tf", tmp_path / "image.tar").splitlines()
        extensions = [one for one in listed if one.startswith("opt/") and one.endswith(".so")]
        assert extensions
        # Files without an architecture in their name use the stable ABI.
        named = [one for one in extensions if "linux-gnu" in one]
        assert all(one.endswith(name) for one in named), named
