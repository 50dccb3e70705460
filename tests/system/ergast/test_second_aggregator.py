"""An aggregator whose source is the `/ergast/f1` of another one."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from f1_core.postgres import racing
from f1_devkit.programs.installation import Installation
from f1_devkit.programs.tables import read_season

YEARS = (2022, 2023)


def people(installation: Installation, table: sa.Table) -> list[tuple[object, ...]]:
    """Drivers, constructors or circuits, without their precedence."""
    columns = [column for column in table.columns if column.name != "precedence"]
    with installation.engine().connect() as connection:
        rows = connection.execute(sa.select(*columns).order_by(*table.primary_key.columns))
        return [tuple(row) for row in rows]


@pytest.fixture(scope="module")
def second(synthetic: Any, install: Callable[..., Installation]) -> Installation:
    installation = install(F1_JOLPICA_URL=synthetic.url)
    for year in YEARS:
        installation.run("f1-ingest", "backfill", "--source", "jolpica", "--season", str(year))
    installation.run("f1-worker", "run", "--drain")
    return installation


def test_the_second_aggregator_has_the_same_rows(synthetic: Any, second: Installation) -> None:
    for year in YEARS:
        theirs = read_season(synthetic.installation.engine(), year)
        ours = read_season(second.engine(), year)
        assert theirs["lap_times"]
        assert {name for name, rows in theirs.items() if ours[name] != rows} == set()
    for table in (racing.drivers, racing.constructors, racing.circuits):
        assert people(second, table) == people(synthetic.installation, table), table.name


def test_the_second_aggregator_gives_the_same_answers(
    synthetic: Any, second: Installation, answering: Callable[[Installation], Any]
) -> None:
    again = answering(second)
    for path in ("/2022/results", "/2023/1/laps", "/2022/last/driverStandings", "/drivers"):
        first, copy = synthetic.mrdata(path, limit=100), again.mrdata(path, limit=100)
        assert first.pop("url") != copy.pop("url")
        assert copy == first
