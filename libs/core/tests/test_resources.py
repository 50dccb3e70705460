"""The list of resources: other lists have the same names, columns are those of the schema."""

from pathlib import Path

import pytest
import sqlalchemy as sa
import yaml

from f1_core.postgres.schema import metadata
from f1_core.resources import OF_A_RACE, RESOURCES, Resource

_ROOT = Path(__file__).parents[3]
_NAMES = {resource.name for resource in OF_A_RACE}


def test_the_crd_accepts_these_resources() -> None:
    manifest = yaml.safe_load((_ROOT / "charts/f1-aggregator/files/season.yaml").read_text())
    [version] = manifest["spec"]["versions"]
    schema = version["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]["resources"]
    assert set(schema["items"]["enum"]) == _NAMES
    assert schema["maxItems"] == len(_NAMES)


@pytest.mark.parametrize("resource", RESOURCES.values(), ids=lambda one: one.name)
def test_columns_are_those_of_its_table(resource: Resource) -> None:
    """All but the columns that identify the race."""
    table = metadata.tables[resource.table]
    leading = {"race_id", "season"} if resource.table == "races" else {"race_id"}
    given = {column.name for column in table.columns if column.computed is None}
    own = given - leading - ({"session"} if resource.has_session else set())
    assert own == set(resource.columns)


@pytest.mark.parametrize("resource", OF_A_RACE, ids=lambda one: one.name)
def test_the_key_is_that_of_its_table(resource: Resource) -> None:
    table = metadata.tables[resource.table]
    assert isinstance(table.primary_key, sa.PrimaryKeyConstraint)
    leading = ["race_id", "session"] if resource.has_session else ["race_id"]
    assert set(table.primary_key.columns.keys()) == {*leading, *resource.columns[: resource.key]}


def test_first_seasons() -> None:
    """As in Ergast's archive, whose files begin with these seasons."""
    first = {
        "results": 1950,
        "driverstandings": 1950,
        "constructorstandings": 1958,  # the first constructors' championship
        "qualifying": 1994,
        "laps": 1996,
        "pitstops": 2011,
    }
    assert {name: RESOURCES[name].since for name in first} == first


def test_what_is_numbered_and_what_only_sprints_have() -> None:
    assert {name: one.numbered for name, one in RESOURCES.items() if one.numbered} == {
        "laps": "lap",
        "pitstops": "stop",
    }
    assert [name for name, one in RESOURCES.items() if one.sprint_only] == ["sprint"]
    assert {name for name, one in RESOURCES.items() if one.has_session} == {"laps", "pitstops"}
    assert {one.session for one in OF_A_RACE} == {"race", "qualifying", "sprint"}
