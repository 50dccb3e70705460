"""Additional mutations: a missing statement, and SQL with a changed condition."""

import re
from collections.abc import Iterator
from typing import Any

import parso
from cosmic_ray.operators.operator import Example, Operator

Position = tuple[tuple[int, int], tuple[int, int]]

_DELETABLE = {"expr_stmt", "atom_expr", "power", "return_stmt", "raise_stmt", "del_stmt"}
_SQL = re.compile(r"\b(SELECT|INSERT|UPDATE|DELETE|WHERE|FROM)\b")
_CONDITIONS = (
    (re.compile(r"(?<![<>=!|-])<=(?!>)"), "<"),
    (re.compile(r"(?<![<>=!|-])<(?![=>@])"), "<="),
    (re.compile(r"(?<![<>=!|-])>=(?!>)"), ">"),
    (re.compile(r"(?<![<>=!|-])>(?![=>])"), ">="),
    (re.compile(r"<>"), "="),
    (re.compile(r"\bAND\b"), "OR"),
    (re.compile(r"\bOR\b(?! REPLACE)"), "AND"),
    (re.compile(r"\bNOT IN\b"), "IN"),
    (re.compile(r"\bIS NOT NULL\b"), "IS NULL"),
    (re.compile(r"\bIS NULL\b"), "IS NOT NULL"),
    (re.compile(r"\bNOT EXISTS\b"), "EXISTS"),
    (re.compile(r"\bmin\("), "max("),
    (re.compile(r"\bmax\("), "min("),
    (re.compile(r"\bDESC\b"), "ASC"),
    (re.compile(r" FOR UPDATE( SKIP LOCKED)?"), ""),
    (re.compile(r"\bDISTINCT "), ""),
)


class DeleteStatement(Operator):  # type: ignore[misc] # has no types
    """Replace a statement by `pass`: an assignment, a call, `return`, `raise`."""

    def mutation_positions(self, node: Any) -> Iterator[Position]:
        """The statement, if it can be removed."""
        if node.type == "simple_stmt" and node.children[0].type in _DELETABLE:
            yield node.start_pos, node.end_pos

    def mutate(self, node: Any, index: int) -> Any:  # noqa: ARG002 - a statement has one
        """`pass` with the statement's indentation."""
        prefix = node.get_first_leaf().prefix
        first = parso.python.tree.Keyword("pass", node.start_pos, prefix=prefix)
        return parso.python.tree.PythonNode("simple_stmt", [first, node.children[-1]])

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        """An example."""
        return (Example("lap = 1\n", "pass\n"),)


class WrongSql(Operator):  # type: ignore[misc] # has no types
    """Change one condition of an SQL statement."""

    def mutation_positions(self, node: Any) -> Iterator[Position]:
        """Each condition in a string that is SQL."""
        if node.type == "string":
            for found, _ in conditions(node.value):
                line = node.start_pos[0] + node.value.count("\n", 0, found.start())
                yield (line, 0), (line, 1)

    def mutate(self, node: Any, index: int) -> Any:
        """The string with its index-th condition changed."""
        found, other = list(conditions(node.value))[index]
        node.value = node.value[: found.start()] + other + node.value[found.end() :]
        return node

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        """An example."""
        return (Example('q = "SELECT 1 WHERE a < b"', 'q = "SELECT 1 WHERE a <= b"'),)


def conditions(sql: str) -> Iterator[tuple[re.Match[str], str]]:
    """Each condition of a statement, and what it becomes; none where the text is no SQL."""
    if len(_SQL.findall(sql)) >= 2:
        for pattern, other in _CONDITIONS:
            for found in pattern.finditer(sql):
                yield found, other
