"""The documentation of the API, from its OpenAPI document."""

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

_EVERYWHERE = frozenset(("200", "304", "401", "422", "503"))
"""Statuses that the page explains once for all endpoints."""


class Parameter(NamedTuple):
    """A row of the table of parameters."""

    name: str
    where: str
    type: str
    default: str
    description: str


class Field(NamedTuple):
    """A row of the table of fields."""

    name: str
    type: str
    description: str


class Endpoint(NamedTuple):
    """An endpoint in the documentation."""

    path: str
    anchor: str
    tag: str
    summary: str
    description: str
    parameters: list[Parameter]
    answers: list[tuple[str, str]]
    examples: list[tuple[str, str]]
    fields: list[Field]


class Block(NamedTuple):
    """A paragraph, or a list."""

    text: str
    items: list[str]


def context(document: dict[str, Any]) -> dict[str, Any]:
    """The variables of ``docs.html`` from the OpenAPI document."""
    common = _answers(document["paths"]["/races"]["get"])
    return {
        "doc": document,
        "endpoints": list(_endpoints(document)),
        "description": list(_blocks(document["info"]["description"])),
        "everywhere": [item for item in common if item[0] in _EVERYWHERE and item[0] != "200"],
    }


def _blocks(text: str) -> Iterator[Block]:
    for part in text.split("\n\n"):
        lines = " ".join(part.split("\n"))
        if lines.startswith("* "):
            yield Block("", [" ".join(item.split()) for item in lines[2:].split(" * ")])
        else:
            yield Block(lines, [])


def _endpoints(document: dict[str, Any]) -> Iterator[Endpoint]:
    for path, methods in document["paths"].items():
        operation = methods["get"]
        content = operation["responses"]["200"]["content"]
        schema = content.get("application/json", {}).get("schema", {})
        yield Endpoint(
            path=path,
            anchor=re.sub(r"[^a-z]+", "-", path).strip("-") or "root",
            tag=operation["tags"][0],
            summary=operation["summary"],
            description=" ".join(operation.get("description", "").split()),
            parameters=[
                _parameter(item)
                for item in operation.get("parameters", [])
                if item["in"] != "header"  # If-None-Match, which the introduction explains
            ],
            answers=[item for item in _answers(operation) if item[0] not in _EVERYWHERE],
            examples=[
                (kind, _example(body["example"]))
                for kind, body in content.items()
                if "example" in body
            ],
            fields=list(_fields(document, schema)),
        )


def _answers(operation: dict[str, Any]) -> list[tuple[str, str]]:
    return [(status, answer["description"]) for status, answer in operation["responses"].items()]


def _example(example: Any) -> str:
    return example if isinstance(example, str) else json.dumps(example, indent=2)


def _parameter(item: dict[str, Any]) -> Parameter:
    schema = item["schema"]
    default = schema.get("default")
    return Parameter(
        item["name"],
        item["in"],
        _type(schema).removesuffix(" or null"),
        "" if default is None else str(default),
        item.get("description", ""),
    )


def _fields(document: dict[str, Any], schema: dict[str, Any]) -> Iterator[Field]:
    """The fields of an answer, and of the items of its lists."""
    schemas = document["components"]["schemas"]
    for name, field in _properties(schemas, schema):
        yield Field(name, _type(field), field.get("description", ""))
        for option in field.get("anyOf", [field]):
            inner = option.get("items", {})
            if "$ref" in inner:
                for inner_name, inner_field in _properties(schemas, inner):
                    yield Field(
                        f"{name}[].{inner_name}",
                        _type(inner_field),
                        inner_field.get("description", ""),
                    )


def _properties(schemas: dict[str, Any], schema: dict[str, Any]) -> Any:
    name = schema.get("$ref", "").rsplit("/", 1)[-1]
    return schemas.get(name, {}).get("properties", {}).items()


def _type(schema: dict[str, Any]) -> str:
    if "anyOf" in schema:
        return " or ".join(_type(option) for option in schema["anyOf"])
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[-1]
    if "enum" in schema:
        return " or ".join(map(str, schema["enum"]))
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    return str(schema.get("format") or schema.get("type") or "any")
