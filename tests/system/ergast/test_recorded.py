"""Every answer that was recorded of the real services: loaded, asked again, compared.

None is left out. What is not compared is told below: addresses of pages on Wikipedia, which differ
between the answers, and how many rows there are behind a first page.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from f1_local import recorded
from f1_local.installation import Installation
from f1_local.s3 import S3

FIRST_PAGES = {
    "/2023/1/laps.json": "1055",
    "/2023/18/pitstops.json": "36",
    "/2023/sprint.json": "120",
    "/2023/status/1/qualifying.json": "316",
    "/2023/status/1/results.json": "316",
}
"""Of these only the first 30 rows were recorded, so that there are fewer here."""


@pytest.fixture(scope="module")
def answers(shared: Path) -> dict[str, Any]:
    return recorded.read(shared / "jolpica-responses")


@pytest.fixture(scope="module")
def loaded(
    answers: dict[str, Any],
    install: Callable[[], Installation],
    answering: Callable[[Installation], Any],
    s3: S3,
) -> Any:
    """The recorded rows, processed by the worker from captures in S3."""
    installation = install()
    found = recorded.Recorded(answers)
    with s3.store(installation.environment["F1_S3_BUCKET"]) as store:
        for capture in found.captures():
            store.put(capture.key, capture.encode())
    installation.run("f1-worker", "run", "--drain")
    with installation.engine().begin() as connection:
        states = connection.scalars(sa.text("SELECT DISTINCT state FROM captures")).all()
        assert states == ["processed"]
        for season, url in found.seasons.items():
            connection.execute(
                sa.text("UPDATE seasons SET url = :url WHERE season = :season"),
                {"url": url, "season": season},
            )
    return answering(installation)


def comparable(path: str, answer: dict[str, Any]) -> dict[str, Any]:
    """An answer without what is not the same in all recorded ones."""
    for name in ("url", "xmlns"):
        del answer[name]
    if path in FIRST_PAGES:
        del answer["total"]
    if "StandingsTable" in answer and path.startswith("/2023/constructors/"):
        answer["StandingsTable"].pop("round", None)  # Jolpica names it, Ergast did not
    return without_pages(answer)  # type: ignore[no-any-return]


def without_pages(value: Any) -> Any:
    """The same without the pages of circuits and seasons: http in some answers, https in others."""
    if isinstance(value, dict):
        named = "circuitName" in value or value.keys() == {"season", "url"}
        return {
            key: without_pages(inner)
            for key, inner in value.items()
            if not (named and key == "url")
        }
    return [without_pages(inner) for inner in value] if isinstance(value, list) else value


def test_every_recorded_answer_is_given_again(loaded: Any, answers: dict[str, Any]) -> None:
    assert len(answers) >= 46
    for path, answer in answers.items():
        if path in FIRST_PAGES:
            assert answer["total"] == FIRST_PAGES[path]
        assert comparable(path, loaded.ask(path)) == comparable(path, dict(answer)), path


def test_and_keys_stand_in_the_same_order(loaded: Any, answers: dict[str, Any]) -> None:
    ours = list(loaded.ask("/2023/9/results.json"))
    assert ours == list(answers["/2023/9/results.json"])
