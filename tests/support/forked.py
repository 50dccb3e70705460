"""An installation whose f1-ingest and f1-worker begin with their imports done.

To import is most of what a short command needs of the processor. So one process of the tests has
imported both programs, and each command is a fork of it: a process with an environment, memory and
connections of its own. What is started and left running is the program itself.
"""

import multiprocessing
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from f1_core.program.start import start
from f1_devkit.programs.installation import Installation

MODULES = {"f1-ingest": "f1_ingest.cli", "f1-worker": "f1_worker.cli"}
TIME_LIMIT_S = 240


class ForkedInstallation(Installation):
    """Runs the commands of :data:`MODULES` as forks, and all else as Installation does."""

    def run(self, program: str, *arguments: str) -> None:
        """Run a program to its end.

        Raises:
            AssertionError: it failed; shows what it wrote.
        """
        if program not in MODULES:
            super().run(program, *arguments)
            return
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["f1_devkit.programs.installation", *MODULES.values()])
        with tempfile.TemporaryDirectory() as folder:
            log = Path(folder) / "log"
            process = context.Process(
                target=_main, args=([program, *arguments], self.environment, str(log))
            )
            process.start()
            try:
                process.join(TIME_LIMIT_S)
            finally:
                process.kill()
                process.join()
            output = log.read_text(errors="replace")[-8000:] if log.exists() else ""
        assert process.exitcode == 0, f"{program} {arguments} failed:\n{output}"


def _main(command: Sequence[str], environment: Mapping[str, str], log: str) -> None:
    os.environ.clear()
    os.environ.update(environment)
    output = os.open(log, os.O_WRONLY | os.O_CREAT)
    os.dup2(output, 1)
    os.dup2(output, 2)
    sys.argv = list(command)
    start(MODULES[command[0]])
