"""The watch of a program under attack measures its resources, and ends it at a limit."""

import subprocess
import sys
from collections.abc import Iterator

import pytest

from f1_devkit.programs.under_attack import UnderAttack

PROGRAM = "import sys\nfor line in sys.stdin:\n    kept = b'x' * int(line); print(flush=True)"


@pytest.fixture
def child() -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", PROGRAM]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        _allocate(process, 1)
        yield process
        process.kill()


def _allocate(process: subprocess.Popen[str], size: int) -> None:
    """Let it allocate `size` bytes; return when it has them, or has ended."""
    assert process.stdin
    assert process.stdout
    process.stdin.write(f"{size}\n")
    process.stdin.flush()
    process.stdout.readline()


def test_the_memory_of_a_program_is_measured(child: subprocess.Popen[str]) -> None:
    with UnderAttack("little", child.pid, most_mb=50) as watched:
        _allocate(child, 20_000_000)
    assert watched.measured is not None
    assert 15 < watched.measured.peak_mb - watched.measured.before_mb < 50
    assert str(watched.measured).startswith("little")


def test_more_memory_than_allowed_fails(child: subprocess.Popen[str]) -> None:
    with (
        pytest.raises(AssertionError, match="MB at most, of"),
        UnderAttack("much", child.pid, most_mb=10),
    ):
        _allocate(child, 50_000_000)


def test_far_too_much_memory_ends_the_program(child: subprocess.Popen[str]) -> None:
    with (
        pytest.raises(AssertionError, match="the program has ended"),
        UnderAttack("far too much", child.pid, most_mb=10, limit_mb=100),
    ):
        _allocate(child, 2_000_000_000)
