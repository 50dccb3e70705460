"""Examples of answers for the OpenAPI document, built from the models.

`examples.json` has a value for each name of a field under ``*``, and under a model's name where the
field has another value there. A field without a value gets a plain one of its type.
"""

from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from msgspec import Struct, inspect

from f1_core import licences

Model = TypeVar("Model", bound=Struct)

_VALUES: dict[str, dict[str, Any]] = msgspec.json.decode(
    Path(__file__).with_suffix(".json").read_bytes()
)
_LICENSE = licences.SHARED._asdict()
_PLAIN: dict[type[inspect.Type], Any] = {
    inspect.IntType: 1,
    inspect.FloatType: 1.0,
    inspect.BoolType: False,
    inspect.StrType: "text",
    inspect.DateType: "2024-05-26",
    inspect.DateTimeType: "2024-05-26T18:02:11Z",
    inspect.DictType: {},
}


def value_of(field: str) -> Any:
    """The example of a field of that name, in any model."""
    return _VALUES["*"][field]


@cache
def example_of(model: type[Model]) -> Model:
    """An example of the model; Raises msgspec.ValidationError if a value has another type."""
    return msgspec.convert(_struct(model), model)


def _struct(model: type[Struct]) -> dict[str, Any]:
    if model.__name__ == "License":
        return _LICENSE
    kind = inspect.type_info(model)
    assert isinstance(kind, inspect.StructType)
    own = _VALUES.get(model.__name__, {})
    return {
        field.encode_name: own[field.name] if field.name in own else _value(field.type, field.name)
        for field in kind.fields
        if field.required or field.name in own or field.name in _VALUES["*"]
    }


def _value(kind: inspect.Type, name: str) -> Any:
    if isinstance(kind, inspect.Metadata):
        return _value(kind.type, name)
    if isinstance(kind, inspect.UnionType):
        struct = next((one for one in kind.types if _has_struct(one)), kind.types[0])
        return _value(struct, name)
    if isinstance(kind, inspect.StructType):
        return _struct(kind.cls)
    if isinstance(kind, inspect.ListType) and _has_struct(kind.item_type):
        return [_value(kind.item_type, name)]
    return _VALUES["*"].get(name, _PLAIN.get(type(kind), []))


def _has_struct(kind: inspect.Type) -> bool:
    inner = getattr(kind, "type", None) or getattr(kind, "item_type", None)
    return isinstance(kind, inspect.StructType) or (inner is not None and _has_struct(inner))
