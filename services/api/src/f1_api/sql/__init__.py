"""The queries, by name. Each file holds some, each under a line ``-- name: what it answers``."""

import importlib.resources
import re
from functools import cache

_HEAD = re.compile(r"^-- (\w+): ", re.MULTILINE)


@cache
def _all() -> dict[str, str]:
    queries: dict[str, str] = {}
    for file in importlib.resources.files(__name__).iterdir():
        if file.name.endswith(".sql"):
            text = file.read_text(encoding="utf-8")
            starts = list(_HEAD.finditer(text))
            ends = [start.start() for start in starts[1:]] + [len(text)]
            for start, end in zip(starts, ends, strict=True):
                body = text[start.start() : end]
                queries[start[1]] = re.sub(r"^\s*--.*\n?", "", body, flags=re.MULTILINE).strip()
    return queries


def query(name: str) -> str:
    """The query of that name, with ``%(name)s`` for its parameters."""
    return _all()[name]
