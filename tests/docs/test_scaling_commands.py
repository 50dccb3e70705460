"""Commands of the documents that stop programs start them again."""

from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
STOPPING = [path for path in sorted(DOCS.rglob("*.md")) if "--replicas 0" in path.read_text()]


@pytest.mark.parametrize("path", STOPPING, ids=lambda path: path.stem)
def test_programs_scaled_to_zero_are_started_again(path: Path) -> None:
    """An autoscaler leaves 0 replicas alone, and `helm upgrade` leaves them to the autoscaler."""
    commands = path.read_text().splitlines()
    for number, command in enumerate(commands):
        if "--replicas 0" in command:
            assert command.replace("--replicas 0", "--replicas 1") in commands[number:]
