"""Parameters that contradict each other are refused: an empty answer would give no reason."""

from typing import Any

import pytest


@pytest.mark.parametrize(
    ("address", "parameter", "words"),
    [
        ("/races?from=2024-06-02&to=2024-06-01", "from", "it is after to (2024-06-01)"),
        ("/races?season=2024&from=2025-01-01", "from", "it is after season (2024-12-31)"),
        ("/races?season=2024&to=2023-12-31", "season", "it is after to (2023-12-31)"),
        ("/races/2024-1/lap-times?from=9&to=3", "from", "it is after to (3)"),
    ],
)
@pytest.mark.parametrize("accept", ["application/json", "text/csv", "text/html"])
def test_a_range_that_ends_before_it_begins_is_refused(
    api: Any, address: str, parameter: str, words: str, accept: str
) -> None:
    answer = api.get(address, Accept=accept)
    assert answer.status_code == 422
    assert words in answer.text
    if accept == "application/json":
        (error,) = answer.json()["errors"]
        assert error["parameter"] == parameter


@pytest.mark.parametrize(
    "address",
    [
        "/races?from=2024-06-01&to=2024-06-01",
        "/races?season=2024&from=2024-12-31",
        "/races/2024-1/lap-times?from=3&to=3",
    ],
)
def test_a_range_of_one_is_a_range(api: Any, address: str) -> None:
    assert api.get(address).status_code == 200
