"""Reads SQL of more than one line from ``.sql`` files beside the code that runs it.

A file contains queries, each below a line ``-- name: description``. ``{name}`` is replaced by
another query of the file, or by an argument of :func:`query`.
"""

import importlib.resources
import re
from functools import cache
from importlib.resources.abc import Traversable
from pathlib import Path

import sqlalchemy as sa

_HEAD = re.compile(r"^-- (\w+): ", re.MULTILINE)
_PLACE = re.compile(r"\{(\w+)\}")
_COMMENT = re.compile(r"^\s*--.*\n?", re.MULTILINE)


def read(file: Traversable | Path) -> dict[str, str]:
    """The queries of a file by name, without comments."""
    text = file.read_text(encoding="utf-8")
    starts = list(_HEAD.finditer(text))
    ends = [start.start() for start in starts[1:]] + [len(text)]
    return {
        start[1]: _COMMENT.sub("", text[start.start() : end]).strip()
        for start, end in zip(starts, ends, strict=True)
    }


def query(module: str, name: str, **names: str) -> sa.TextClause:
    """A query of the file ``queries.sql`` in the package of a module.

    Args:
        module: the module's ``__name__``.
        names: tables and columns of this project's schema, for ``{...}``; never values.

    Raises:
        KeyError: there is no such query.
    """
    queries = {**_of_package(module.rpartition(".")[0]), **names}
    return sa.text(_PLACE.sub(lambda place: queries[place[1]], queries[name]))


@cache
def _of_package(package: str) -> dict[str, str]:
    return read(importlib.resources.files(package) / "queries.sql")
