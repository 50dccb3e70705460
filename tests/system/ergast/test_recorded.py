"""Every recorded answer of the real services is loaded, requested again and compared.

Not compared are addresses on Wikipedia, which differ between the answers, and the number of rows
after a first page.
"""

from typing import Any

FIRST_PAGES = {
    "/2023/1/laps.json": "1055",
    "/2023/18/pitstops.json": "36",
    "/2023/sprint.json": "120",
    "/2023/status/1/qualifying.json": "316",
    "/2023/status/1/results.json": "316",
}
"""Only the first 30 rows of these were recorded, so there are fewer here."""


def comparable(path: str, answer: dict[str, Any]) -> dict[str, Any]:
    """An answer without the values that differ between recorded ones."""
    for name in ("url", "xmlns"):
        del answer[name]
    if path in FIRST_PAGES:
        del answer["total"]
    if "StandingsTable" in answer and path.startswith("/2023/constructors/"):
        answer["StandingsTable"].pop("round", None)  # Jolpica has it, Ergast did not
    return without_pages(answer)  # type: ignore[no-any-return]


def without_pages(value: Any) -> Any:
    """The same without URLs of circuits and seasons, which are http or https in recordings."""
    if isinstance(value, dict):
        named = "circuitName" in value or value.keys() == {"season", "url"}
        return {
            key: without_pages(inner)
            for key, inner in value.items()
            if not (named and key == "url")
        }
    return [without_pages(inner) for inner in value] if isinstance(value, list) else value


def test_every_recorded_answer_is_reproduced(
    recorded_races: Any, recorded_answers: dict[str, Any]
) -> None:
    assert len(recorded_answers) >= 46
    for path, answer in recorded_answers.items():
        if path in FIRST_PAGES:
            assert answer["total"] == FIRST_PAGES[path]
        assert comparable(path, recorded_races.mrdata(path)) == comparable(path, dict(answer)), path


def test_keys_have_the_same_order(recorded_races: Any, recorded_answers: dict[str, Any]) -> None:
    ours = list(recorded_races.mrdata("/2023/9/results.json"))
    assert ours == list(recorded_answers["/2023/9/results.json"])
