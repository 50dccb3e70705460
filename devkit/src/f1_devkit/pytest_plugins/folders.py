"""Folders for the data of the servers that tests share; those of killed test runs are removed."""

import contextlib
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

from f1_devkit.servers.child import command_line

_MEMORY = Path("/dev/shm")  # noqa: S108 - Linux' file system in memory
_ROOM_BYTES = 2**30
"""For each process of the tests."""


@contextlib.contextmanager
def server_folder(suffix: str = "") -> Iterator[Path]:
    """A new folder with a short path, accessible to Postgres' user; removed at the end."""
    place = _place()
    _sweep(place)
    folder = Path(tempfile.mkdtemp(prefix=f"f1-{os.getpid()}-{suffix}", dir=place))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _place() -> Path:
    """In memory if there is room: a copy of a database takes a quarter of the processor time."""
    processes = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    if _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > processes * _ROOM_BYTES:
        return _MEMORY
    return Path(tempfile.gettempdir())


def _sweep(place: Path) -> None:
    """End processes and remove folders of killed test runs."""
    for folder in place.glob("f1-*-*"):
        owner = folder.name.split("-")[1]
        if not owner.isdecimal() or command_line(int(owner)):
            continue
        for file in folder.rglob("*.pid"):
            pid = file.read_text().split("\n")[0]
            if pid.isdecimal() and str(folder) in command_line(int(pid)):
                os.kill(int(pid), signal.SIGKILL)
        shutil.rmtree(folder, ignore_errors=True)
