"""Queries by name from the ``.sql`` files beside the modules, each after a line ``-- name: ...``.

The queries of datasets are shared with the worker.
"""

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

import f1_api
import f1_datasets.queries
from f1_core.postgres.queries import read

_PARAMETER = re.compile(r"%\((\w+)\)s")


class Prepared(NamedTuple):
    """The ``PREPARE`` of a query, and its ``EXECUTE`` for psycopg2."""

    prepare: str
    execute: str


@cache
def _all() -> dict[str, str]:
    queries = dict(f1_datasets.queries.queries())
    for file in Path(f1_api.__path__[0]).glob("*/*.sql"):
        queries |= read(file)
    return queries


def query(name: str) -> str:
    """The query of that name, with ``%(name)s`` for its parameters."""
    return _all()[name]


@cache
def prepared(name: str) -> Prepared:
    """The query as a prepared statement, which saves half of the cost of most queries."""
    text = query(name)
    names = list(dict.fromkeys(_PARAMETER.findall(text)))
    body = _PARAMETER.sub(lambda found: f"${names.index(found[1]) + 1}", text)
    arguments = ", ".join(f"%({parameter})s" for parameter in names)
    return Prepared(
        f"PREPARE {name} AS {body}", f"EXECUTE {name}" + (f" ({arguments})" if names else "")
    )
