"""Names in PromQL expressions: metrics, and the labels that are used with each."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import promql_parser

MADE_BY_PROMQL = frozenset(("le",))
"""Labels that a sum may keep although only some of its metrics have them."""


class Named(NamedTuple):
    """A metric, or with `metrics` of several parts of an expression, and labels of it."""

    metrics: frozenset[str]
    labels: frozenset[str]


def named(expression: str) -> Iterator[Named]:
    """All metrics and labels in an expression: in matchers, by and on.

    >>> [(sorted(n.metrics), sorted(n.labels)) for n in named('sum by (a) (rate(x{b="1"}[5m]))')]
    [(['x'], ['b']), (['x'], ['a'])]
    """
    yield from _named(promql_parser.parse(expression))


def _named(node: Any) -> Iterator[Named]:
    if isinstance(node, promql_parser.VectorSelector):
        matchers = {matcher.name: matcher.value for matcher in node.matchers.matchers}
        name = node.name or matchers.pop("__name__")
        yield Named(frozenset((name,)), frozenset(matchers))
        return
    for child in _children(node):
        yield from _named(child)
    if isinstance(node, promql_parser.AggregateExpr):
        modifier = node.modifier
        if modifier is not None and modifier.type == promql_parser.AggModifierType.By:
            yield Named(_metrics(node), frozenset(modifier.labels))
    elif isinstance(node, promql_parser.BinaryExpr) and node.modifier is not None:
        matching = node.modifier.matching
        if matching is not None and matching.type == promql_parser.LabelModifierType.Include:
            yield Named(_metrics(node), frozenset(matching.labels))


def _metrics(node: Any) -> frozenset[str]:
    return frozenset(name for found in _named_below(node) for name in found.metrics)


def _named_below(node: Any) -> Iterator[Named]:
    for child in _children(node):
        yield from _named(child)


def _children(node: Any) -> list[Any]:
    if isinstance(node, promql_parser.BinaryExpr):
        return [node.lhs, node.rhs]
    if isinstance(node, promql_parser.Call):
        return list(node.args)
    if isinstance(node, promql_parser.MatrixSelector):
        return [node.vector_selector]
    if isinstance(
        node,
        promql_parser.AggregateExpr
        | promql_parser.ParenExpr
        | promql_parser.UnaryExpr
        | promql_parser.SubqueryExpr,
    ):
        return [node.expr]
    return []
