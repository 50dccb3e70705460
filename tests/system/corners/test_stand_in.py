"""`f1 jolpica --csv` serves the whole archive with the same responses as the API's `/ergast`."""

import pytest
from archives.served_archive import ServedArchive
from archives.stand_in import RESOURCES, differences

CORNERS = (
    (1951, 1), (1951, 4), (1956, 1), (1983, 1), (1997, 1), (1997, 17), (2011, 2), (2024, 1),
    (2024, 14), (2025, 1),
)  # fmt: skip
"""Seasons and rounds with special cases, in one archive or in both."""


@pytest.mark.parametrize("resource", RESOURCES)
def test_the_same_paths_have_the_same_responses(corners: ServedArchive, resource: str) -> None:
    weekends = {(one.race.season, one.race.round): one for one in corners.dataset.weekends}
    compared = [when for when in CORNERS if when in weekends]
    assert compared
    found = differences(
        corners.api,
        corners.dataset,
        resource,
        [weekends[when] for when in compared],
        {"limit": "100"},
    )
    assert found == []


def test_the_whole_archive_is_served(invented: ServedArchive) -> None:
    dataset = invented.dataset
    for kind, table in (
        ("results", "results"),
        ("sprint", "sprint_results"),
        ("driver_standings", "driver_standings"),
        ("constructor_standings", "constructor_standings"),
    ):
        assert dataset.count(kind) == len(invented.files.tables[table])
    first = dataset.weekend(2025, 1)
    assert [row.position for row in first.driver_standings] == [1, 2, None, None, None]
