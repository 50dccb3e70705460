"""The generated client against the real API.

Each example of the README runs unchanged, with this API's address.
"""

import importlib
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from served import Served

README = (Path(__file__).parents[1] / "README.md").read_text()
EXAMPLES = re.findall(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def names(package: Path, api: Served) -> Iterator[dict[str, Any]]:
    """The names that are defined after all examples ran in order."""
    address = str(api.client.base_url).rstrip("/")
    defined: dict[str, Any] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(package))
        for example in EXAMPLES:
            exec(example.replace("http://localhost:8000", address), defined)
        yield defined
    defined["client"].get_httpx_client().close()


def test_races_are_objects_with_types(names: dict[str, Any], api: Served) -> None:
    first = names["answer"].races[0]
    assert (first.season, first.round_, type(first.date)) == (2024, 1, date)
    assert [race.race_id for race in names["answer"].races] == [
        race["race_id"] for race in api.json("/races", season=2024)["races"]
    ]


def test_pages_are_followed_by_their_cursor(names: dict[str, Any], api: Served) -> None:
    everything = api.json("/races", limit=1000)
    assert everything["total"] > 20  # so at least three pages of ten
    paged = [race.race_id for race in names["all_races"](names["client"])]
    assert paged == [race["race_id"] for race in everything["races"]]


def test_a_refusal_is_a_problem_that_names_the_parameter(names: dict[str, Any]) -> None:
    refused = names["refused"]
    assert refused.status == 422
    assert [error.parameter for error in refused.errors] == ["season"]


def test_an_unchanged_response_is_not_sent_again(names: dict[str, Any]) -> None:
    assert (names["again"].status_code, names["again"].content) == (304, b"")
    assert names["races"].races


def test_keys_with_slashes_and_binary_files_are_supported(names: dict[str, Any]) -> None:
    """Path parameters are escaped: a capture's key has slashes. Parquet is returned as bytes."""
    client = names["client"]
    history = _operation("provenance.get_race_provenance").sync("2024-1", client=client)
    key = history.resources[0].applied.capture
    assert _operation("provenance.get_capture").sync(key, client=client).capture == key
    file = _operation("datasets.get_season_dataset_parquet").sync("2024", "races", client=client)
    assert file.payload.read(4) == b"PAR1"


def test_mypy_finds_nothing_in_the_package_and_the_examples(package: Path) -> None:
    (package / "examples.py").write_text("\n".join(EXAMPLES))
    check = [sys.executable, "-m", "mypy", "--strict", "examples.py", "f1_aggregator_client"]
    done = subprocess.run(check, cwd=package, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_package_has_the_version_of_the_api(package: Path, api: Served) -> None:
    text = (package / "f1_aggregator_client" / "__init__.py").read_text()
    assert f'__version__ = "{api.json("/openapi.json")["info"]["version"]}"' in text


def _operation(name: str) -> Any:
    """A module of the package, which `names` can import."""
    return importlib.import_module(f"f1_aggregator_client.api.{name}")
