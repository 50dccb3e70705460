"""The stand-in source and the API's `/ergast`, two implementations, give equal answers."""

from pathlib import Path
from typing import Any

import pytest
from archives.stand_in import RESOURCES, differences

from f1_devkit.servers.jolpica import ergast_csv
from f1_ingest.synthetic import Dataset


@pytest.fixture(scope="module")
def archive(shared_data: Path) -> Dataset:
    """The archive of `two_seasons` as the stand-in source reads it."""
    return ergast_csv.load(shared_data / "ergast-csv-2021-2022")


@pytest.mark.parametrize("resource", RESOURCES)
@pytest.mark.parametrize("query", [{}, {"limit": "100"}, {"limit": "7", "offset": "5"}])
def test_equal_requests_have_equal_answers(
    synthetic: Any, dataset: Dataset, resource: str, query: dict[str, str]
) -> None:
    weekend = next(weekend for weekend in dataset.weekends if weekend.sprint)
    assert differences(synthetic, dataset, resource, [weekend], query) == []


@pytest.mark.parametrize("resource", [name for name in RESOURCES if "Standings" not in name])
def test_two_real_seasons_have_equal_answers_except_standings(
    two_seasons: Any, archive: Dataset, resource: str
) -> None:
    weekend = next(weekend for weekend in archive.weekends if weekend.sprint)
    assert differences(two_seasons, archive, resource, [weekend], {"limit": "50"}) == []
