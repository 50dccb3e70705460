"""The mutants of a module, and the selected ones."""

import random
import re
import subprocess
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

import cosmic_ray.plugins
from cosmic_ray.ast import get_ast
from cosmic_ray.mutating import MutationVisitor
from operators import DeleteStatement, WrongSql, conditions

_OWN = {"DeleteStatement": DeleteStatement, "WrongSql": WrongSql}
_LEFT_OUT = re.compile(
    r"BitOr|BitAnd|BitXor|LShift|RShift"  # X | None in annotations; no module computes with bits
    r"|NoOp|VariableInserter|VariableReplacer|ExceptionReplacer"
    r"|_Is$|_IsNot$|Is_|IsNot_"  # `==` as `is`: mostly equivalent
)
_NO_BEHAVIOUR = re.compile(
    r'^\s*(log\.|"""|#|@|from |import |class |__all__|assert_never|raise NotImpl)'
)


class OnLine(Protocol):
    """The change of one line."""

    @property
    def line(self) -> int:
        """The number of the line, from 1."""


M = TypeVar("M", bound=OnLine)


@dataclass(frozen=True)
class Mutant:
    """One change to a module.

    Attributes:
        line: the number from 1, and the text without indentation.
        name: the operator's, such as ReplaceComparisonOperator_Lt_LtE.
    """

    module: Path
    name: str
    occurrence: int
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.module}:{self.line}: {self.name}: {self.text}"

    def code(self, source: str) -> str | None:
        """The module with the change; None if it cannot be made."""
        mutated: str | None = MutationVisitor.mutate_code(
            source, _operator(self.name), self.occurrence
        )
        return mutated


@dataclass(frozen=True)
class TextMutant:
    """One change to a file other than Python: a template of the chart, or SQL."""

    module: Path
    line: int
    name: str
    text: str
    changed: str

    def code(self, source: str) -> str | None:
        """The file with the change, if the source is unchanged."""
        return self.changed if source != self.changed else None

    def __str__(self) -> str:
        return f"{self.module}:{self.line}: {self.name}: {self.text}"


def _names() -> list[str]:
    found = [name for name in cosmic_ray.plugins.operator_names() if not _LEFT_OUT.search(name)]
    return [*found, *_OWN]


def _operator(name: str) -> Any:
    return (_OWN.get(name) or cosmic_ray.plugins.get_operator(name))()


def mutants(root: Path, module: Path) -> list[Mutant]:
    """All mutants of a module, in the order of its lines."""
    source = (root / module).read_text()
    lines = source.splitlines()
    found = []
    for name in _names():
        operator = _operator(name)
        occurrence = 0
        for node in _walk(get_ast(source)):
            for start, _ in operator.mutation_positions(node):
                text = lines[start[0] - 1]
                if not _NO_BEHAVIOUR.match(text):
                    found.append(Mutant(module, name, occurrence, start[0], text.strip()))
                occurrence += 1
    return sorted(found, key=lambda one: (one.line, one.name, one.occurrence))


def sql_mutants(root: Path, module: Path) -> list[TextMutant]:
    """All mutants of a file of SQL, in the order of its lines."""
    source = (root / module).read_text()
    lines = source.splitlines()
    found = []
    for condition, other in conditions(source):
        line = source.count("\n", 0, condition.start()) + 1
        text = lines[line - 1].strip()
        if not text.startswith("--"):
            changed = source[: condition.start()] + other + source[condition.end() :]
            name = f"{condition[0].strip()} as {other or 'nothing'}"
            found.append(TextMutant(module, line, name, text, changed))
    return sorted(found, key=lambda one: (one.line, one.name))


def _walk(node: Any) -> Iterator[Any]:
    """All nodes, in the order in which cosmic-ray counts occurrences."""
    yield node
    for child in getattr(node, "children", ()):
        yield from _walk(child)


def chosen(found: Sequence[M], at_most: int | None, seed: int = 1) -> list[M]:
    """One mutant for each line, reproducibly random, of at most `sample` lines."""
    by_line: dict[int, list[M]] = defaultdict(list)
    for mutant in found:
        by_line[mutant.line].append(mutant)
    draw = random.Random(seed)
    one_each = [draw.choice(by_line[line]) for line in sorted(by_line)]
    if at_most is not None and len(one_each) > at_most:
        one_each = sorted(draw.sample(one_each, at_most), key=lambda one: one.line)
    return one_each


def changed_lines(root: Path, since: str, module: Path) -> set[int]:
    """The lines of a module that were changed since a revision."""
    command = ["git", "diff", "--unified=0", since, "--", str(module)]
    diff = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout
    lines: set[int] = set()
    for first, count in re.findall(r"^@@ -\S+ \+(\d+)(?:,(\d+))? @@", diff, re.MULTILINE):
        lines.update(range(int(first), int(first) + int(count or 1)))
    return lines
