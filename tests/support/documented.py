"""Commands in documents: whether their make targets, programs and options exist."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer.main

from f1_api.cli import app as f1_api
from f1_devkit.cli import app as f1
from f1_ingest.cli import app as f1_ingest
from f1_operator.cli import app as f1_operator
from f1_worker.cli import app as f1_worker

PROGRAMS = {
    "f1": f1,
    "f1-api": f1_api,
    "f1-ingest": f1_ingest,
    "f1-operator": f1_operator,
    "f1-worker": f1_worker,
}
_FENCED = re.compile(r"^( *)```(\w*)[^\n]*\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
_INDENTED = re.compile(r"(?<=\n\n)(?:    .*(?:\n|$)|\n(?=    ))+")
_INLINE = re.compile(r"`([^`\n]+)`")
_START = r"(?:^\s*|[;&|(]\s*|\s--\s+)(?:[A-Z][A-Z0-9_]*=\S+ )*"
"""Starts of commands: a line, after an operator, after the `--` of kubectl exec."""
_MAKE = re.compile(_START + r"make(?: -\S+)* ([a-z][\w-]*)", re.MULTILINE)
_COMMANDS = re.compile(
    _START + r"(?:\.venv/bin/)?(f1(?:-(?:api|ingest|operator|worker))?) ([^`\n|;&)]+)", re.MULTILINE
)


def shell(text: str) -> list[str]:
    """The blocks of a document that a shell runs: marked `bash` or `console`, or indented."""
    fenced = [body for _, kind, body in _FENCED.findall(text) if kind in ("bash", "console", "sh")]
    indented = [block for block in _INDENTED.findall(_FENCED.sub("", text)) if _is_shell(block)]
    return [re.sub(r"\\\n\s*", " ", block) for block in (*fenced, *indented)]


def targets(root: Path) -> set[str]:
    """The targets of the Makefile and of those that it includes."""
    text = (root / "Makefile").read_text()
    files = [
        root / "Makefile",
        *(root / name for name in re.findall(r"^include (\S+)", text, re.MULTILINE)),
    ]
    return {
        name
        for file in files
        for names in re.findall(r"^([a-z][\w -]*):(?!=)", file.read_text(), re.MULTILINE)
        for name in names.split()
    }


def problems(text: str, known: set[str]) -> Iterator[str]:
    """Problems of the commands of a document, in blocks and in `code`."""
    code = [*shell(text), *_INLINE.findall(_FENCED.sub("", text))]
    for piece in code:
        for name in _MAKE.findall(piece):
            if name not in known:
                yield f"make has no target {name}"
        lines = re.sub(r"#.*", "", piece)
        for program, arguments in _COMMANDS.findall(lines):
            yield from wrong(program, arguments)


def wrong(program: str, arguments: str) -> Iterator[str]:
    """The problem of a command of this project."""
    command: Any = typer.main.get_command(PROGRAMS[program])
    name = program
    words = arguments.replace('"', " ").split()
    while hasattr(command, "commands") and words:
        if words[0].startswith("-") and command.invoke_without_command:
            break
        word = words.pop(0)
        if word not in command.commands:
            yield f"{name} has no command {word}"
            return
        command, name = command.commands[word], f"{name} {word}"
    known = {option for one in command.params for option in one.opts}
    for word in words:
        option = word.partition("=")[0]
        if option.startswith("--") and option != "--help" and option not in known:
            yield f"{name} has no option {option}"


def _is_shell(block: str) -> bool:
    """Whether an indented block is commands, not values or output."""
    first = block.split(maxsplit=1)[0] if block.strip() else ""
    known = ("make", "curl", "git", "helm", "kubectl", "aws", ".", "docker", "eksctl")
    return first in known or first in PROGRAMS or first.startswith((".venv/", "F1_"))
