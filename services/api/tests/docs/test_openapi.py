"""The OpenAPI document describes the API: examples, answers and errors match its schemas."""

import doctest
import time
from typing import Any

import hypothesis
import jsonschema_rs
import msgspec
import pytest
import schemathesis
from fastapi.routing import APIRoute
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

import f1_api.http.negotiation
import f1_api.pages.filters
from f1_api.app import routers
from f1_api.endpoint.openapi import MODELS

MONACO_LAPS = "raw/2024-06-01/synthetic/20240601T120000Z-2024-01-laps-000000000005.json"
_PARAMETERS = {
    "race_id": "2024-1",
    "driver_id": "ada",
    "year": 2024,
    "key": MONACO_LAPS,
    "asked": "2024/drivers/ada.json",
}
_OTHERS = {
    "/": "/?format=json",
    "/races/{race_id}": "/races/2024-spa",
    "/races/{race_id}/sprint": "/races/2024-2/sprint",
    "/races/{race_id}/provenance": "/races/2024-1/provenance?driver=ada&lap=2",
    "/drivers/{driver_id}/stats": "/drivers/ada/stats?by=race",
}
"""Addresses whose answers have more fields than those with the usual parameters."""
FILES = {
    f"{place}/datasets/{{dataset}}.{ending}"
    for place in ("/seasons/{year}", "/races/{race_id}")
    for ending in ("parquet", "csv")
}
ANSWERS = {
    path: _OTHERS.get(path, path.format(**_PARAMETERS))
    for router in routers()
    for route in router.routes
    if isinstance(route, APIRoute) and route.include_in_schema
    for path in [route.path_format]
    if path not in FILES
}


@pytest.fixture(scope="session")
def document(api: Any) -> Any:
    return api.json("/openapi.json")


def _validate(document: Any, schema: Any, instance: Any) -> None:
    whole = {**schema, "components": document["components"]}
    jsonschema_rs.Draft202012Validator(whole, validate_formats=True).validate(instance)


def _content(document: Any, path: str) -> Any:
    return document["paths"][path]["get"]["responses"]["200"]["content"]


def test_every_address_is_documented(document: Any) -> None:
    assert document["openapi"].startswith("3.1")
    assert document["paths"].keys() == ANSWERS.keys() | FILES
    for path, methods in document["paths"].items():
        operation = methods["get"]
        assert operation["summary"]
        assert operation["description"]
        assert "HTTPValidationError" not in str(operation), path
        for parameter in operation.get("parameters", ()):
            assert parameter.get("description") or parameter["name"] in (
                "circuit", "code", "nationality",
            )  # fmt: skip


@pytest.mark.parametrize("path", ANSWERS)
def test_every_example_is_valid(document: Any, path: str) -> None:
    body = _content(document, path)["application/json"]
    _validate(document, body["schema"], body["example"])


@pytest.mark.parametrize("path", ANSWERS)
def test_every_answer_is_valid_and_has_no_other_field(api: Any, document: Any, path: str) -> None:
    schema = _content(document, path)["application/json"]["schema"]
    answer = api.json(ANSWERS[path])
    _validate(document, schema, answer)
    model = MODELS[schema["$ref"].rpartition("/")[2]]
    assert msgspec.to_builtins(msgspec.convert(answer, model, strict=False)).keys() == answer.keys()


@pytest.mark.parametrize("path", ANSWERS)
def test_examples_have_all_fields_of_answers(api: Any, document: Any, path: str) -> None:
    """So generated clients have every field."""
    example = _content(document, path)["application/json"]["example"]
    assert example.keys() == api.json(ANSWERS[path]).keys()


def test_csv_is_documented(document: Any) -> None:
    assert _content(document, "/races/{race_id}/lap-times")["text/csv"]["example"].startswith(
        "race_id,"
    )


def test_keys_are_documented(document: Any) -> None:
    assert document["components"]["securitySchemes"]["key"]["name"] == "X-API-Key"


def test_examples_in_docstrings_are_true() -> None:
    for module in (f1_api.http.negotiation, f1_api.pages.filters):
        assert doctest.testmod(module).failed == 0


@pytest.mark.filterwarnings("default")
def test_no_input_breaks_it(api: Any) -> None:
    """Schemathesis: inputs from the document and around it; answers of the documented shapes."""
    schema = schemathesis.openapi.from_url(f"{api.url}/openapi.json")
    checks = [
        not_a_server_error,
        status_code_conformance,
        content_type_conformance,
        response_schema_conformance,
    ]

    operations = list(schema.get_all_operations())
    assert len(operations) >= len(ANSWERS)
    for result in operations:
        assert isinstance(result, Ok)
        strategy = result.ok().as_strategy()

        @hypothesis.settings(
            max_examples=25,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(hypothesis.HealthCheck),
        )
        @hypothesis.given(case=strategy)
        def request(case: Any) -> None:
            response = case.call()
            while response.status_code == 503:  # busy: retry as a client does
                time.sleep(int(response.headers["Retry-After"][0]))
                response = case.call()
            case.validate_response(response, checks=checks)

        request()
