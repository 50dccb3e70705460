"""Parsing any bytes ends with slices that Postgres accepts, or with an F1Error."""

import random
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from f1_core.capture import Capture
from f1_core.errors import F1Error
from f1_core.resources import RESOURCES as KINDS
from f1_ingest.sources.jolpica import Jolpica
from f1_ingest.synthetic import Dataset, respond
from f1_worker.parse import parse
from f1_worker.parse.slices import Parsed

RESOURCES = tuple(name for name in KINDS if name in Jolpica.resources)
SOURCES = ("jolpica", "synthetic", "openf1", "ergast-csv", "jolpica-csv")
FUZZ = settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from(["", "None", "\\N", "-1", "0", "1e9", "9" * 5000, "1:3x.2", "\x00", "\t"])
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
TINY_LIMIT = 5


def survives(capture: Capture) -> None:
    with suppress(F1Error):
        check(parse(capture))


def check(parsed: Parsed) -> None:
    """Check the requirements of COPY and of the tables' keys."""
    for piece in parsed.slices:
        assert piece.lines == sorted(set(piece.lines))
        tabs = 6 if piece.resource == "schedule" else len(KINDS[piece.resource].columns) - 1
        for line in piece.lines:
            assert line.count("\t") == tabs
            assert "\n" not in line
            assert "\x00" not in line
            line.encode()
        assert piece.content_hash


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("resource", ["laps", "results", "schedule", "archive"])
@FUZZ
@given(pages=st.lists(values | st.binary(max_size=60) | st.text(max_size=60), max_size=3))
def test_arbitrary_pages_are_parsed_or_refused(
    source: str, resource: str, pages: list[Any], make_capture: Callable[..., Capture]
) -> None:
    survives(
        make_capture(
            resource,
            *pages,
            source=source,
            season=2024,
            round=1,
            names=[random.Random(len(pages)).choice(["laps", "races.csv", None]) for _ in pages],
        )
    )


@pytest.fixture(scope="module")
def answers(season: Dataset) -> dict[str, Any]:
    """One small answer of each resource."""
    found = {}
    sprint = next(weekend.race.round for weekend in season.weekends if weekend.sprint)
    for resource in RESOURCES:
        path = "/2024/races.json" if resource == "schedule" else f"/2024/{sprint}/{resource}.json"
        status, _, body = respond(season, path, {"limit": str(TINY_LIMIT)})
        assert status == 200
        found[resource] = msgspec.json.decode(body)
    return found


@pytest.mark.parametrize("resource", RESOURCES)
@FUZZ
@given(data=st.data())
def test_answers_with_a_changed_value_are_parsed_or_refused(
    resource: str,
    data: st.DataObject,
    answers: dict[str, Any],
    make_capture: Callable[..., Capture],
) -> None:
    answer = msgspec.json.decode(msgspec.json.encode(answers[resource]))
    for _ in range(data.draw(st.integers(1, 3))):
        mutate(answer, data)
    survives(make_capture(resource, answers[resource], answer, season=2024))


def mutate(value: Any, data: st.DataObject) -> None:
    """Replace or remove a random value."""
    while True:
        keys = list(value) if isinstance(value, dict) else list(range(len(value)))
        if not keys:
            return
        key = data.draw(st.sampled_from(keys))
        inner = value[key]
        if isinstance(inner, dict | list) and inner and data.draw(st.integers(0, 5)):
            value = inner
            continue
        if data.draw(st.booleans()):
            value[key] = data.draw(values)
        else:
            del value[key]
        return


@pytest.mark.parametrize("resource", RESOURCES)
@FUZZ
@given(data=st.data())
def test_answers_with_damaged_bytes_are_parsed_or_refused(
    resource: str,
    data: st.DataObject,
    answers: dict[str, Any],
    make_capture: Callable[..., Capture],
) -> None:
    content = bytearray(msgspec.json.encode(answers[resource]))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(content)))
    survives(make_capture(resource, bytes(content), season=2024))
    survives(make_capture(resource, bytes(content[:cut]), season=2024))
