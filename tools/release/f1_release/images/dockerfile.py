"""Reads a program's Dockerfile: the content of its image, and its start.

The Dockerfile is the only description of an image. `docker build` and `f1_release.images.assembly`
use it, the second without a container engine and for any architecture.
"""

import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from f1_release.errors import ReleaseError

LAYERS = (
    "--from=build /image/dependencies/ /",
    "--from=build /image/program/ /",
)


@dataclass(frozen=True)
class Image:
    """The description of an image in its Dockerfile."""

    folder: str  # services/api
    locked: tuple[str, ...]  # distributions whose part of requirements.lock is installed
    projects: tuple[str, ...]  # folders of the distributions built here
    entrypoint: tuple[str, ...]
    user: str
    env: Mapping[str, str] = field(default_factory=dict)
    ports: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The name of the image and the program: f1-api."""
        return f"f1-{Path(self.folder).name}"


def read(root: Path, folder: str) -> Image:
    """Read `folder`/Dockerfile below `root`.

    Raises:
        ReleaseError: the final stage has an unsupported instruction.
    """
    path = root / folder / "Dockerfile"
    instructions = _instructions(path.read_text())
    text = "\n".join(f"{name} {rest}" for name, rest in instructions)
    locked = re.search(r"/locked ([\w -]+) >/program\.lock", text)
    projects = re.search(r"^RUN /stage/program ([\w /.-]+)$", text, re.MULTILINE)
    if not (locked and projects):
        raise ReleaseError(f"{path}: no `/locked ... >/program.lock` or no `RUN /stage/program`")
    final = instructions[max(n for n, (name, _) in enumerate(instructions) if name == "FROM") + 1 :]

    env: dict[str, str] = {}
    labels: dict[str, str] = {}
    single: dict[str, str] = {}
    copied: list[str] = []
    ports: list[str] = []
    for name, rest in final:
        match name:
            case "ENV":
                env |= _pairs(rest)
            case "LABEL":
                labels |= _pairs(rest)
            case "EXPOSE":
                ports += rest.split()
            case "COPY":
                copied.append(rest)
            case "USER" | "ENTRYPOINT":
                single[name] = rest
            case "ARG":
                pass
            case _:
                raise ReleaseError(f"{path}: cannot assemble `{name} {rest}` of the final stage")
    if tuple(copied) != LAYERS:
        raise ReleaseError(f"{path}: the final stage copies {copied}, not {list(LAYERS)}")
    return Image(
        folder=folder,
        locked=tuple(locked[1].split()),
        projects=tuple(projects[1].split()),
        entrypoint=tuple(json.loads(single["ENTRYPOINT"])),
        user=single["USER"],
        env=env,
        ports=tuple(ports),
        labels=labels,
    )


def _instructions(text: str) -> list[tuple[str, str]]:
    """Name and rest of each instruction, with continued lines joined."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [(line.split()[0], line.split(maxsplit=1)[1]) for line in joined.splitlines() if line]


def _pairs(rest: str) -> dict[str, str]:
    return dict(word.split("=", 1) for word in shlex.split(rest))
