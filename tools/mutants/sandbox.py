"""A copy of the checkout in which a module can be wrong, and its tests."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path


class Sandbox:
    """A copy of all files that git knows; the programs' environment stays the checkout's."""

    def __init__(self, root: Path, folder: Path) -> None:
        """Copy the checkout to a folder, which is emptied first."""
        self._root, self._folder = root, folder
        shutil.rmtree(folder, ignore_errors=True)
        listed = subprocess.run(
            ["git", "ls-files", "-z"], cwd=root, capture_output=True, check=True
        )
        for name in listed.stdout.decode().split("\0"):
            if name and (root / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(root / name, folder / name)
        (folder / ".cache").symlink_to(root / ".cache")
        (folder / ".venv").symlink_to(root / ".venv")
        sources = [str(one) for pattern in ("*/*/src", "*/src") for one in folder.glob(pattern)]
        self._environment = {
            **os.environ,
            "PYTHONPATH": ":".join(sources),
            "PYTHONDONTWRITEBYTECODE": "1",
            "HYPOTHESIS_PROFILE": "ci",
        }

    def passes(self, tests: Sequence[str], timeout_s: float) -> tuple[bool, float]:
        """Whether the tests pass within a time, and the seconds that they took."""
        command = [str(self._root / ".venv/bin/python"), "-m", "pytest", "-x", "-q"]
        command += ["-p", "no:cacheprovider", "--no-header", "--tb=no", *tests]
        began = time.monotonic()
        process = subprocess.Popen(
            command,
            cwd=self._folder,
            env=self._environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            passed = process.wait(timeout_s) == 0
        except subprocess.TimeoutExpired:
            passed = False
        finally:
            _end(process)
        return passed, time.monotonic() - began

    def write(self, module: Path, code: str) -> None:
        """Change a module."""
        (self._folder / module).write_text(code)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the tests, and servers that they left, by the signal that lets those clean up."""
    for number, patience_s in ((signal.SIGINT, 10), (signal.SIGKILL, 5)):
        try:
            os.killpg(process.pid, number)
            process.wait(patience_s)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            continue
