"""The API reference as a page of Markdown, from the content of the API's `/docs`."""

from collections.abc import Iterator
from typing import Any

from f1_api.docs import pages

_EXAMPLE_LINES = 40
"""Longer examples are truncated to this length."""


def markdown(document: dict[str, Any]) -> str:
    """The whole page."""
    return "\n".join(_page(document)) + "\n"


def _page(document: dict[str, Any]) -> Iterator[str]:
    shown = pages.context(document)
    endpoints: list[pages.Endpoint] = shown["endpoints"]
    operations = {
        path: methods["get"]["operationId"] for path, methods in document["paths"].items()
    }
    yield "# API reference\n"
    yield (
        "Generated from [the OpenAPI document](openapi.json), which the API also serves at"
        " `/openapi.json`. `/docs` is this page for the version that you run."
        " [The Python client](clients/python/README.md) is generated from it too.\n"
    )
    for block in shown["description"]:
        yield "\n".join(f"- {item}" for item in block.items) if block.items else block.text
        yield ""
    common = "; ".join(f"`{status}`: {text}" for status, text in shown["everywhere"])
    yield f"All addresses may answer {common}.\n"
    for tag in document["tags"]:
        yield f"## {tag['name'].capitalize()}\n\n{tag['description']}.\n"
        for endpoint in endpoints:
            if endpoint.tag == tag["name"]:
                yield from _endpoint(endpoint, operations[endpoint.path])


def _endpoint(endpoint: pages.Endpoint, operation: str) -> Iterator[str]:
    yield f"### `GET {endpoint.path}` {{ #{endpoint.anchor} }}\n"
    yield f"{endpoint.description} In the Python client: `api.{endpoint.tag}.{operation}`.\n"
    if endpoint.parameters:
        yield "| parameter | in | type | default | |\n|---|---|---|---|---|"
        for one in endpoint.parameters:
            cells = (one.where, one.type, one.default, one.description)
            yield f"| `{one.name}` | {' | '.join(map(_cell, cells))} |"
        yield ""
    if endpoint.answers:
        answers = "; ".join(f"`{status}`: {text}" for status, text in endpoint.answers)
        yield f"May also answer {answers}.\n"
    if endpoint.fields:
        yield '??? note "Fields of the answer"\n'
        yield "    | field | type | |\n    |---|---|---|"
        for field in endpoint.fields:
            yield f"    | `{field.name}` | {_cell(field.type)} | {_cell(field.description)} |"
        yield ""
    for kind, text in endpoint.examples:
        yield f'??? example "Example, {kind}"\n'
        yield from _fenced(text, "json" if kind.endswith("json") else "text")


def _fenced(text: str, language: str) -> Iterator[str]:
    lines = text.splitlines()
    cut = [*lines[:_EXAMPLE_LINES], "..."] if len(lines) > _EXAMPLE_LINES else lines
    yield f"    ```{language}"
    yield from (f"    {line}" for line in cut)
    yield "    ```\n"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
