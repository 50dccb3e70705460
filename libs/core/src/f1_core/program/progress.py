"""A progress bar, for a person at a terminal."""

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn


class Bar(Progress):
    """A bar of one task, with counts, elapsed time and a description. A context manager."""

    def __init__(self, console: Console, *, transient: bool = False) -> None:
        super().__init__(
            *(BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()),
            TextColumn("{task.description}", markup=False),
            console=console,
            transient=transient,
        )
        self._task = self.add_task("", total=None)

    def show(self, description: str, done: int, total: int | None) -> None:
        """Show the task's progress; `total` None: unknown."""
        self.update(self._task, description=description, completed=done, total=total)
