"""Runs third-party programs: crane, cosign, syft, grype, helm, git."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from f1_release.errors import ReleaseError

ROOT = Path(__file__).parents[3]
TOOLS = ROOT / ".cache" / "supply" / "bin"
HELM = ROOT / ".cache" / "kube" / "bin" / "helm"


def tool(name: str) -> str:
    """The path of a program that `make supply-tools` builds.

    Raises:
        ReleaseError: it is not built.
    """
    path = TOOLS / name
    if not path.exists():
        raise ReleaseError(f"{name} is not built: run make {path.relative_to(ROOT)}")
    return str(path)


def run(
    *command: str | Path,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    text_in: str | None = None,
    timeout_s: float = 1800,
) -> str:
    """Run a command to its end and return its standard output.

    Raises:
        ReleaseError: it failed or did not end in time; the message has its last lines.
    """
    words = [str(word) for word in command]
    name = " ".join([Path(words[0]).name, *words[1:3]])
    try:
        done = subprocess.run(  # noqa: S603
            words,
            cwd=cwd,
            env={**os.environ, **(env or {})},
            input=text_in,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
    except FileNotFoundError as missing:
        raise ReleaseError(f"{words[0]} is not installed") from missing
    except subprocess.TimeoutExpired as late:
        raise ReleaseError(f"`{name}` did not end within {timeout_s:.0f} s") from late
    if done.returncode:
        output = "\n".join((done.stderr + done.stdout).strip().splitlines()[-15:])
        raise ReleaseError(f"`{name}` failed with exit code {done.returncode}:\n{output}")
    return done.stdout
