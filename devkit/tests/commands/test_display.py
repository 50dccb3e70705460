"""Progress: a bar at a terminal, lines everywhere else."""

import io

import pytest
from rich.console import Console

from f1_devkit.commands.display import Display


def shown(*, terminal: bool) -> str:
    out = io.StringIO()
    console = Console(file=out, force_terminal=terminal, width=100, highlight=False)
    with Display(console) as display:
        display.line("begins [now]")
        display.state("captures", 3, 8)
        display.state("captures", 3, 8)
        display.state("captures", 8, 8)
    return out.getvalue()


def test_a_bar_is_shown_on_a_terminal() -> None:
    assert "8/8" in shown(terminal=True)
    assert "begins [now]" in shown(terminal=True)


def test_without_a_terminal_lines_are_shown_periodically(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(terminal=False) == "begins [now]\n"
    monkeypatch.setattr("f1_devkit.commands.display._EVERY_S", -1.0)
    assert shown(terminal=False) == "begins [now]\n3 of 8 captures\n8 of 8 captures\n"
