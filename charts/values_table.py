# ruff: noqa: INP001 - a script, not part of a package
"""Writes the table of values into the chart's README.md, from the comments of values.yaml.

`python charts/values_table.py` writes it; `--check` fails if it is not up to date. A comment
`# -- text` above a key is its documentation, `# @section -- title` begins a section.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import yaml

CHART = Path(__file__).parent / "f1-aggregator"
BEGIN, END = "<!-- values: made by `make chart-docs` -->\n", "<!-- end of values -->\n"


class Value(NamedTuple):
    """One line of the table."""

    path: str
    default: str
    text: str
    section: str


def documented(source: str) -> Iterator[Value]:
    """The values of a file in its order.

    Raises:
        ValueError: one has no documentation.
    """
    root = yaml.compose(source)
    assert isinstance(root, yaml.MappingNode)
    yield from _walk(root, "", source.splitlines())


def table(values: Iterator[Value]) -> str:
    """A Markdown table for each section."""
    lines: list[str] = []
    section = ""
    for value in values:
        if value.section != section:
            section = value.section
            lines += ["", f"### {section}", "", "| value | default | |", "|---|---|---|"]
        text = value.text.replace("|", "\\|")
        lines.append(f"| `{value.path}` | {value.default} | {text} |")
    return "\n".join([*lines, ""]).lstrip("\n")


def readme(chart: Path = CHART) -> str:
    """README.md with the current table."""
    old = (chart / "README.md").read_text()
    before, _, rest = old.partition(BEGIN)
    _, _, after = rest.partition(END)
    made = table(documented((chart / "values.yaml").read_text()))
    return f"{before}{BEGIN}\n{made}\n{END}{after}"


def _walk(node: yaml.MappingNode, path: str, lines: list[str]) -> Iterator[Value]:
    for key, value in node.value:
        name = f"{path}{key.value}"
        text = _comment(lines, key.start_mark.line)
        has_own = isinstance(value, yaml.MappingNode) and any(
            _comment(lines, child.start_mark.line) for child, _ in value.value
        )
        if text is not None:
            yield Value(name, _default(value), text, _section(lines, key.start_mark.line))
        elif not has_own:
            raise ValueError(f"{name} has no documentation: write `# -- ...` above it")
        if has_own and text is None:
            assert isinstance(value, yaml.MappingNode)
            yield from _walk(value, f"{name}.", lines)


def _comment(lines: list[str], line: int) -> str | None:
    """The documentation above a line; None if there is none."""
    above: list[str] = []
    while line > 0 and lines[line - 1].lstrip().startswith("#"):
        line -= 1
        above.insert(0, lines[line].strip().lstrip("# "))
    begins = [number for number, text in enumerate(above) if text.startswith("-- ")]
    return " ".join(above[begins[-1] :]).removeprefix("-- ") if begins else None


def _section(lines: list[str], line: int) -> str:
    marked = [text for text in lines[:line] if text.startswith("# @section -- ")]
    return marked[-1].removeprefix("# @section -- ") if marked else "Values"


def _default(node: yaml.Node) -> str:
    value = yaml.safe_load(yaml.serialize(node))
    return f"`{json.dumps(value, ensure_ascii=False)}`" if value != "" else ""


def main() -> int:
    """Write or check."""
    made = readme()
    file = CHART / "README.md"
    if "--check" in sys.argv[1:]:
        if file.read_text() != made:
            print(f"{file} does not match values.yaml: run make chart-docs", file=sys.stderr)  # noqa: T201
            return 1
        return 0
    file.write_text(made)
    return 0


if __name__ == "__main__":
    sys.exit(main())
