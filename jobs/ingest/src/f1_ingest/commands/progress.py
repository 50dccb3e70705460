"""Progress of a run: a bar for a person at a terminal, log lines otherwise."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as RichProgress

log = structlog.get_logger()


class Progress:
    """Counts the captures of a run."""

    def __init__(self, *, bar: bool | None = None) -> None:
        """Show a bar, or not; None: if standard error is a terminal."""
        self._bar = sys.stderr.isatty() if bar is None else bar
        self._shown: RichProgress | None = None
        self._done = self._of = 0

    @contextmanager
    def of(self, total: int, done: int) -> Iterator[None]:
        """Begin, with so many done before."""
        self._of, self._done = total, done
        if not self._bar:
            yield
            return
        # Log lines would break the bar; warnings are still logged.
        root = logging.getLogger()
        level = root.level
        root.setLevel(max(level, logging.WARNING))
        columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        description = TextColumn("{task.description}")
        self._shown = RichProgress(*columns, description, console=Console(stderr=True))
        with self._shown:
            self._shown.add_task("", total=total, completed=done)
            try:
                yield
            finally:
                self._shown = None
                root.setLevel(level)

    def step(self, what: str, outcome: str) -> None:
        """One more is done."""
        self._done += 1
        log.info("progress", done=self._done, of=self._of, what=what, outcome=outcome)
        if self._shown is not None:
            for task in self._shown.task_ids:
                self._shown.update(task, advance=1, description=f"{what}: {outcome}")
