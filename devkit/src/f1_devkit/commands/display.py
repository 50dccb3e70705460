"""Displays progress: a bar at a terminal, otherwise a line every few seconds."""

import time
from typing import Self

from rich.console import Console

from f1_core.program.progress import Bar

_EVERY_S = 5.0


class Display:
    """Permanent lines, and one changing state."""

    def __init__(self, console: Console | None = None) -> None:
        """Write to standard output, or to `console`."""
        self._console = console or Console(highlight=False, soft_wrap=True)
        self._bar: Bar | None = None
        self._shown = ""
        self._shown_at = 0.0

    def line(self, text: str = "") -> None:
        """Write a permanent line."""
        self._console.print(text, markup=False)

    def state(self, description: str, done: int, total: int) -> None:
        """Show the progress; without a terminal only every few seconds, and only changes."""
        if self._bar is not None:
            self._bar.show(description, done, total or None)
            return
        text = f"{done:,} of {total:,} {description}" if total else description
        now = time.monotonic()
        if text != self._shown and now - self._shown_at > _EVERY_S:
            self._shown, self._shown_at = text, now
            self.line(text)

    def __enter__(self) -> Self:
        self._shown_at = time.monotonic()
        if self._console.is_terminal:
            self._bar = Bar(self._console, transient=True)
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
