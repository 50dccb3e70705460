"""Pages are consistent, or the cursor is refused."""

from typing import Any

import pytest


def _pages(api: Any, path: str, name: str) -> list[list[Any]]:
    pages = []
    while path:
        answer = api.json(path)
        pages.append(answer[name])
        path = answer["next"]
    return pages


def test_all_pages_together_are_the_whole_list(api: Any) -> None:
    pages = _pages(api, "/races/2024-1/lap-times?limit=3&driver=ada,bruno", "laps")
    assert [len(page) for page in pages] == [3, 3]
    whole = api.json("/races/2024-1/lap-times?driver=ada,bruno")["laps"]
    assert [lap for page in pages for lap in page] == whole


def test_next_is_in_the_header_too(api: Any) -> None:
    answer = api.get("/drivers?limit=2&nationality=swiss&season=2024")
    assert "link" not in answer.headers
    answer = api.get("/drivers?limit=1&nationality=swiss&season=2024")
    following = answer.json()["next"]
    assert following.startswith("/drivers?nationality=swiss&season=2024&limit=1&cursor=")
    assert answer.headers["link"] == f'<{following}>; rel="next"'


def test_seasons_races_and_drivers_have_pages(api: Any) -> None:
    assert [len(page) for page in _pages(api, "/seasons?limit=2", "seasons")] == [2, 1]
    assert [len(page) for page in _pages(api, "/races?limit=3", "races")] == [3, 1]
    assert [len(page) for page in _pages(api, "/drivers?limit=3", "drivers")] == [3, 1]


@pytest.mark.parametrize(
    ("path", "name", "total"),
    [
        ("/races/2024-1/results", "results", 3),
        ("/races/2024-2/sprint", "results", 1),
        ("/races/2024-1/qualifying", "qualifying", 1),
        ("/races/2024-1/pit-stops?driver=bruno", "pit_stops", 1),
        ("/races/2024-1/aggregations", "aggregations", 3),
    ],
)
def test_lists_of_a_race_are_whole_or_in_pages(api: Any, path: str, name: str, total: int) -> None:
    whole = api.json(path)
    assert whole["next"] is None
    assert whole["total"] == len(whole[name]) == total
    pages = _pages(api, f"{path}{'&' if '?' in path else '?'}limit=1", name)
    assert [len(page) for page in pages] == [1] * total
    assert [line for page in pages for line in page] == whole[name]


def test_an_uncaptured_list_has_no_pages(api: Any) -> None:
    for path in ("/races/2024-2/pit-stops?limit=1", "/races/2024-2/qualifying?limit=1"):
        answer = api.json(path)
        assert (answer["total"], answer["next"]) == (None, None)


def test_csv_has_pages_by_its_header(api: Any) -> None:
    answer = api.get("/races/2024-1/lap-times?format=csv&limit=5")
    assert len(answer.text.splitlines()) == 6
    following = answer.links["next"]["url"]
    assert len(api.get(following).text.splitlines()) == 3


def test_a_cursor_of_changed_data_is_gone(fresh_api: Any, season: Any) -> None:
    for path, change in (
        (
            "/races/2024-1/lap-times?limit=2",
            "UPDATE lap_times SET time_ms = 1 WHERE driver_id = 'cleo'",
        ),
        (
            "/races/2024-1/results?limit=2",
            "UPDATE results SET points = 0 WHERE driver_id = 'ada'",
        ),
        ("/drivers?limit=2", "UPDATE drivers SET family_name = 'Bames' WHERE driver_id = 'cleo'"),
        ("/races?limit=2", "DELETE FROM slices WHERE race_id = '2024-spa' AND resource = 'sprint'"),
        ("/seasons?limit=2", "UPDATE seasons SET url = 'https://new' WHERE season = 2023"),
    ):
        following = fresh_api.json(path)["next"]
        assert fresh_api.get(following).status_code == 200
        season.execute(change)
        answer = fresh_api.get(following)
        assert answer.status_code == 410
        problem = answer.json()
        assert problem["type"] == "urn:f1:problem:stale-cursor"
        assert "start again" in problem["detail"]
        assert problem["start_again"] == path
        assert fresh_api.get(path).status_code == 200


def test_a_cursor_belongs_to_its_request(api: Any) -> None:
    cursor = api.json("/races?limit=1")["next"].partition("cursor=")[2]
    assert api.get(f"/races?limit=1&season=2024&cursor={cursor}").status_code == 410
    assert api.get(f"/races?limit=2&cursor={cursor}").status_code == 200  # another size is fine


def test_a_cursor_belongs_to_its_filters_even_if_the_rows_are_the_same(api: Any) -> None:
    laps = "/races/2024-1/lap-times?limit=1"
    every, filtered = api.json(laps), api.json(f"{laps}&driver=ada,bruno,cleo")
    assert every["total"] == filtered["total"]
    cursor = every["next"].partition("cursor=")[2]
    assert api.get(f"{laps}&cursor={cursor}").status_code == 200
    assert api.get(f"{laps}&driver=ada,bruno,cleo&cursor={cursor}").status_code == 410


def test_an_invalid_cursor_is_refused(api: Any) -> None:
    for written in ("x", "AAAA", "%C3%A9", "AAABTMjRKu0Htrj"):
        answer = api.get(f"/races?cursor={written}")
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["parameter"] == "cursor"
