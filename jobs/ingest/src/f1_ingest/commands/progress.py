"""Progress of a run: a bar for a person at a terminal, log lines otherwise."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from rich.console import Console

from f1_core.program.progress import Bar

log = structlog.get_logger()


class Progress:
    """Counts the captures of a run."""

    def __init__(self, *, bar: bool | None = None) -> None:
        """Show a bar or not; None: if standard error is a terminal."""
        self._bar = sys.stderr.isatty() if bar is None else bar
        self._shown: Bar | None = None
        self._done = self._of = 0

    @contextmanager
    def of(self, total: int, done: int) -> Iterator[None]:
        """Begin with `done` of `total` captures done."""
        self._of, self._done = total, done
        if not self._bar:
            yield
            return
        # Log lines would break the bar; warnings are still logged.
        root = logging.getLogger()
        level = root.level
        root.setLevel(max(level, logging.WARNING))
        self._shown = Bar(Console(stderr=True))
        with self._shown:
            self._shown.show("", done, total)
            try:
                yield
            finally:
                self._shown = None
                root.setLevel(level)

    def step(self, what: str, outcome: str) -> None:
        """Count one more as done."""
        self._done += 1
        log.info("progress", done=self._done, of=self._of, what=what, outcome=outcome)
        if self._shown is not None:
            self._shown.show(f"{what}: {outcome}", self._done, self._of)
