"""The programs of the aggregator, as processes."""

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from f1_core.errors import F1Error
from f1_devkit.servers.child import Child


def path_of(name: str) -> str:
    """The path of a program: beside this Python, where `make install` installs it, or on the PATH.

    Raises:
        F1Error: it is not installed.
    """
    found = shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)
    if found is None:
        raise F1Error(f"{name} is not installed: run make install")
    return found


def program(
    name: str,
    *arguments: str,
    directory: Path,
    environment: Mapping[str, str],
    title: str | None = None,
) -> Child:
    """One of the project's programs, not started yet; its log is in `directory`, by its title."""
    return Child(
        title or name,
        [path_of(name), *arguments],
        directory=directory,
        environment={"PYTHONUNBUFFERED": "1", **environment},
    )
