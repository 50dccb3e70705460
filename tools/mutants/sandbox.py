"""A copy of the checkout for mutants, and its tests."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any, Self

_TOOLS = Path("tools/mutants")
_QUIET = ("-x", "-q", "-p", "no:cacheprovider", "--no-header", "--tb=no", "--assert=plain")


class Sandbox:
    """A copy of all files in git; the virtual environment is that of the checkout.

    Postgres, S3 and the process that runs the tests are started once for all mutants.
    """

    def __init__(self, root: Path, folder: Path) -> None:
        """Copy the checkout to a folder, which is emptied first."""
        self._root, self.folder = root, folder
        self._changes = 0
        self._without: dict[str, tuple[bool, float]] = {}
        self._began = time.time()
        shutil.rmtree(folder, ignore_errors=True)
        listed = subprocess.run(
            ["git", "ls-files", "-z"], cwd=root, capture_output=True, check=True
        )
        for name in listed.stdout.decode().split("\0"):
            if name and (root / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(root / name, folder / name, follow_symlinks=False)
        (folder / ".cache").symlink_to(root / ".cache")
        (folder / ".venv").symlink_to(root / ".venv")
        with (folder / "conftest.py").open("a") as conftest:
            conftest.write('\npytest_plugins.append("shared_servers")\n')
        sources = [str(one) for pattern in ("*/*/src", "*/src") for one in folder.glob(pattern)]
        self._environment = {
            **os.environ,
            "PYTHONPATH": ":".join([*sources, str(folder / _TOOLS)]),
            "HYPOTHESIS_PROFILE": "ci",
            # A skipped test detects nothing.
            **{f"F1_REQUIRE_{name}": "1" for name in ("BROWSER", "KUBE", "MONITORING")},
        }

    def __enter__(self) -> Self:
        self._data = Path(tempfile.mkdtemp(prefix=f"mutants-{os.getpid()}-"))
        self._data.chmod(0o711)
        self._servers = self._start("shared_servers.py", str(self._data))
        ports = _line(self._servers)
        self._environment["F1_MUTANTS_SERVERS"] = ports
        self._tests = self._start("warm.py")
        return self

    def __exit__(self, *_: object) -> None:
        for process in (self._tests, self._servers):
            _stdin(process).close()
            process.wait(60)
        shutil.rmtree(self._data, ignore_errors=True)

    def without_mutant(self, tests: Sequence[str]) -> tuple[bool, float]:
        """The result of :meth:`passes` without a mutant; cached by tests."""
        key = " ".join(tests)
        if key not in self._without:
            self.passes(["--collect-only", *tests], 900)  # so that the libraries are available
            self._without[key] = self.passes(tests, 900)
        return self._without[key]

    def passes(self, tests: Sequence[str], timeout_s: float) -> tuple[bool, float]:
        """Whether the tests pass within a time, and the seconds that they took."""
        began = time.monotonic()
        stdin = _stdin(self._tests)
        stdin.write(json.dumps([[*_QUIET, *tests], timeout_s]) + "\n")
        stdin.flush()
        return json.loads(_line(self._tests)), time.monotonic() - began

    def write(self, module: Path, code: str) -> None:
        """Change a module, with a new modification time, by which Python detects the change."""
        path = self.folder / module
        path.write_text(code)
        self._changes += 2
        os.utime(path, (self._began + self._changes,) * 2)

    def _start(self, program: str, *arguments: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [str(self._root / ".venv/bin/python"), str(self.folder / _TOOLS / program), *arguments],
            cwd=self.folder,
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )


def _stdin(process: "subprocess.Popen[str]") -> IO[Any]:
    assert process.stdin is not None
    return process.stdin


def _line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        sys.exit("the process of the tests or of the servers ended; see above")
    return line
