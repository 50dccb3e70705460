"""Queries of `.sql` files: by name, without comments, and with their parts filled in."""

import sys
from pathlib import Path

import pytest

from f1_core.postgres.queries import query

SQL = """\
-- of_one: the condition of one row
id = :id

-- find: a row of a table
-- by its id
SELECT name FROM {table} WHERE {of_one}
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a module beside a file of queries."""
    package = tmp_path / "package_with_queries"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "queries.sql").write_text(SQL)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, package.name, raising=False)
    return f"{package.name}.code"


def test_parts_of_a_query_are_filled_in(module: str) -> None:
    assert str(query(module, "find", table="drivers")) == "SELECT name FROM drivers WHERE id = :id"


def test_a_name_that_is_not_given_is_an_error(module: str) -> None:
    with pytest.raises(KeyError, match="table"):
        query(module, "find")
