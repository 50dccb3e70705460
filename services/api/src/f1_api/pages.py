"""The pages people look at: rendered here, no script, nothing from another host."""

import base64
import hashlib
import importlib.resources
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from typing import Any, NamedTuple

from jinja2 import Environment, PackageLoader, select_autoescape
from markupsafe import Markup, escape

from f1_api.models import LedgerAnswer

_EVERYWHERE = frozenset(("200", "304", "401", "422", "503"))
"""Statuses that are explained once, for all addresses."""


class Parameter(NamedTuple):
    """A line of the table of parameters."""

    name: str
    where: str
    type: str
    default: str
    description: str


class Field(NamedTuple):
    """A line of the table of an answer's fields."""

    name: str
    type: str
    description: str


class Endpoint(NamedTuple):
    """An address, as the documentation shows it."""

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


def status_page(ledger: LedgerAnswer) -> bytes:
    """What is stored and how it is doing."""
    return _environment().get_template("status.html").render(ledger=ledger).encode()


def docs_page(document: dict[str, Any]) -> bytes:
    """The documentation, from the OpenAPI document."""
    endpoints = list(_endpoints(document))
    template = _environment().get_template("docs.html")
    description = list(_blocks(document["info"]["description"]))
    common = _answers(document["paths"]["/races"]["get"])
    everywhere = [item for item in common if item[0] in _EVERYWHERE and item[0] != "200"]
    return template.render(
        doc=document, endpoints=endpoints, description=description, everywhere=everywhere
    ).encode()


@cache
def policy() -> str:
    """Content-Security-Policy: nothing but the page's own style."""
    digest = base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )


@cache
def _style() -> str:
    return (importlib.resources.files("f1_api") / "templates/style.css").read_text("utf-8")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("f1_api"),
        autoescape=select_autoescape(),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["style"] = Markup(_style())  # noqa: S704 - our own file
    environment.filters["utc"] = lambda at: f"{at.astimezone(UTC):%Y-%m-%d %H:%M}"
    environment.filters["iso"] = datetime.isoformat
    environment.filters["marked"] = _marked
    return environment


def _marked(text: str) -> Markup:
    """Text with `code` and **strong** in it."""
    html = re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text)))
    return Markup(re.sub(r"\*\*([^*]+)\*\*", r"<strong>\1</strong>", html))  # noqa: S704 - escaped


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
            parameters=[_parameter(item) for item in operation.get("parameters", [])],
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
    """Of an answer, and of what its lists hold, one level down."""
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
