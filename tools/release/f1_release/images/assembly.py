"""Assembles the programs' images for any architecture without a container engine.

uv installs the wheels of the image's architecture, pinned by hash in requirements.lock, without
executing them. crane adds two layers to the base, dependencies and program, as `docker build` does
with the same Dockerfile, and one index over the architectures. The same commit, lock and base give
the same digests.
"""

import json
import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from f1_release.commands import ROOT, run, tool
from f1_release.errors import ReleaseError
from f1_release.images import layers
from f1_release.images.base_image import Base
from f1_release.images.dockerfile import Image

PLATFORMS = {"amd64": "x86_64-manylinux_2_28", "arm64": "aarch64-manylinux_2_28"}
USER_ID = "10001"
UNUSED = ROOT / "tools" / "images" / "stage" / "unused"


@dataclass(frozen=True)
class Built:
    """An image's index and the manifests in it, by digest."""

    name: str
    index: str
    manifests: dict[str, str]  # by platform, linux/amd64


def assemble(
    image: Image,
    bases: dict[str, Base],
    *,
    version: str,
    revision: str,
    registry: str,
    work: Path,
) -> Built:
    """Assemble an image for the architectures of `bases` and push it to the staging registry.

    Raises:
        ReleaseError: a wheel is missing for an architecture, or a program failed.
    """
    crane, repository = tool("crane"), f"{registry}/{image.name}"
    program = _program_layer(image, next(iter(bases.values())), work)
    manifests: dict[str, str] = {}
    for architecture, base in bases.items():
        dependencies = _dependencies_layer(image, architecture, base, work)
        tag = f"{repository}:{version}-{architecture}"
        appended = ("--new_layer", dependencies, "--new_layer", program)
        run(crane, "append", "--base", base.reference, *appended, "--new_tag", tag)
        run(
            *(crane, "mutate", tag, "--set-platform", f"linux/{architecture}", "--tag", tag),
            *("--user", image.user, "--entrypoint", ",".join(image.entrypoint)),
            *_options("--env", _env(image, base)),
            *_options("--label", _labels(image, version, revision)),
            *_options("--annotation", {"org.opencontainers.image.base.digest": base.digest}),
            *(word for port in image.ports for word in ("--exposed-ports", f"{port}/tcp")),
        )
        manifests[f"linux/{architecture}"] = run(crane, "digest", tag).strip()
    index = f"{repository}:{version}"
    members = [f"{repository}@{digest}" for digest in manifests.values()]
    run(crane, "index", "append", *(w for one in members for w in ("-m", one)), "--tag", index)
    return Built(image.name, run(crane, "digest", index).strip(), manifests)


def _options(option: str, pairs: dict[str, str]) -> list[str]:
    return [word for name, value in pairs.items() for word in (option, f"{name}={value}")]


def _env(image: Image, base: Base) -> dict[str, str]:
    env = json.loads(run(tool("crane"), "config", base.reference))["config"].get("Env", [])
    path = dict(entry.split("=", 1) for entry in env).get("PATH", "/usr/local/bin:/usr/bin:/bin")
    return {name: value.replace("$PATH", path) for name, value in image.env.items()}


def _labels(image: Image, version: str, revision: str) -> dict[str, str]:
    values = {"$VERSION": version, "$REVISION": revision}
    return {name: values.get(text, text) for name, text in image.labels.items()}


def _dependencies_layer(image: Image, architecture: str, base: Base, work: Path) -> Path:
    """The environment /opt/f1 with the locked wheels, and the user's name."""
    folder = work / f"{image.name}-{architecture}"
    shutil.rmtree(folder, ignore_errors=True)
    environment = folder / "opt" / "f1"
    packages = environment / "lib" / f"python{base.minor}" / "site-packages"
    packages.mkdir(parents=True)
    locked = run(sys.executable, "tools/images/stage/locked", *image.locked, cwd=ROOT)
    requirements = work / f"{image.name}.lock"
    requirements.write_text(locked)
    run(
        *(Path(sys.executable).parent / "uv", "pip", "install", "--quiet", "--no-deps"),
        *("--python-platform", PLATFORMS[architecture], "--python-version", base.minor),
        *("--only-binary", ":all:", "--require-hashes", "--link-mode", "copy"),
        *("--target", packages, "--requirement", requirements),
        env=_index(),
    )
    (packages / ".lock").unlink(missing_ok=True)
    for pattern in UNUSED.read_text().split():
        for path in packages.glob(pattern):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    _make_environment(environment, packages, base)
    (folder / "etc").mkdir()
    user = f"f1:x:{USER_ID}:{USER_ID}:f1:/tmp:/usr/sbin/nologin\n"
    (folder / "etc" / "passwd").write_text(base.passwd + user)
    (folder / "etc" / "group").write_text(f"{base.group}f1:x:{USER_ID}:\n")
    _compile(folder, base)
    layer = work / f"{image.name}-{architecture}.tar.gz"
    layers.write(folder, layer)
    shutil.rmtree(folder)
    return layer


def _make_environment(environment: Path, packages: Path, base: Base) -> None:
    """Write the files of `python3 -m venv --without-pip`."""
    scripts = environment / "bin"
    if (packages / "bin").exists():
        (packages / "bin").rename(scripts)
    scripts.mkdir(exist_ok=True)
    for script in scripts.iterdir():
        _point_at_environment(script)
    (scripts / "python3").symlink_to(f"{base.interpreter_folder}/python3")
    for name in ("python", f"python{base.minor}"):
        (scripts / name).symlink_to("python3")
    (environment / "pyvenv.cfg").write_text(
        f"home = {base.interpreter_folder}\ninclude-system-site-packages = false\n"
        f"version = {base.python}\n"
    )


def _point_at_environment(script: Path) -> None:
    """Replace the first line, which has the path of the installing machine's Python."""
    first, _, rest = script.read_bytes().partition(b"\n")
    if first.startswith(b"#!") and b"python" in first:
        script.write_bytes(b"#!/opt/f1/bin/python\n" + rest)


def _program_layer(image: Image, base: Base, work: Path) -> Path:
    """The project's distributions in /opt/program; equal for every architecture."""
    wheels, folder = work / f"{image.name}-wheels", work / f"{image.name}-program"
    target = folder / "opt" / "program"
    for old in (wheels, folder):
        shutil.rmtree(old, ignore_errors=True)
    pip: list[str | Path] = [sys.executable, "-m", "pip"]
    settled = {"SOURCE_DATE_EPOCH": "315532800"}  # 1980: the first year that a zip can store
    run(
        *pip,
        *("wheel", "--quiet", "--no-index", "--no-build-isolation", "--no-deps", "--wheel-dir"),
        wheels,
        *(f"./{project}" for project in image.projects),
        cwd=ROOT,
        env=settled,
    )
    names = [wheel.name.split("-")[0] for wheel in wheels.glob("*.whl")]
    run(
        *pip,
        *("install", "--quiet", "--no-index", "--no-deps", "--find-links", str(wheels)),
        *("--no-compile", "--target", str(target), *sorted(names)),
        env={"PIP_FIND_LINKS": str(wheels)},
    )
    for script in (target / "bin").iterdir():
        _point_at_environment(script)
    _compile(folder, base)
    layer = work / f"{image.name}-program.tar.gz"
    layers.write(folder, layer)
    shutil.rmtree(folder)
    return layer


def _compile(folder: Path, base: Base) -> None:
    """Byte-compile if this Python has the image's version; otherwise the image starts slower."""
    if f"{sys.version_info.major}.{sys.version_info.minor}" != base.minor:
        return
    run(
        *(sys.executable, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"),
        *("-s", folder, folder),
        env={"PYTHONHASHSEED": "0"},
    )


def _index() -> dict[str, str]:
    """The package index from pip's settings, for uv, which does not read them."""
    address = os.environ.get("PIP_INDEX_URL")
    return {"UV_DEFAULT_INDEX": address} if address and "UV_DEFAULT_INDEX" not in os.environ else {}


def known(architectures: Sequence[str]) -> None:
    """Refuse architectures without a choice of wheels.

    Raises:
        ReleaseError: an architecture is unknown; the message has the known ones.
    """
    if unknown := set(architectures) - set(PLATFORMS):
        raise ReleaseError(f"unknown architecture {', '.join(unknown)}: use {', '.join(PLATFORMS)}")
