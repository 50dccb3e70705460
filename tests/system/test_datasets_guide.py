"""All examples of docs/datasets.md work: each line is run with the real programs."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import duckdb_extensions
import httpx
import pytest
from served import start

from f1_core.store.rawstore import RawStore
from f1_datasets.tables import DATASETS
from f1_devkit.programs.installation import Installation
from f1_devkit.servers.jolpica.server import JolpicaServer
from f1_devkit.servers.s3 import S3
from f1_ingest.synthetic import season

GUIDE = Path(__file__).parents[2] / "docs" / "datasets.md"
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", GUIDE.read_text(), re.MULTILINE | re.DOTALL)


def blocks(language: str) -> list[str]:
    return [text for name, text in BLOCKS if name == language]


@pytest.fixture(scope="module")
def installation(install: Callable[..., Installation]) -> Iterator[Installation]:
    """Five rounds, fetched, processed and written as files to S3."""
    with JolpicaServer(season(2024)) as source:
        made = install(F1_SYNTHETIC_URL=source.url)
        rounds = ("--season", "2024", "--rounds", "1-5")
        made.run("f1-ingest", "backfill", "--source", "synthetic", *rounds)
    made.run("f1-worker", "run", "--drain")
    made.run("f1-worker", "snapshot", "--all")
    yield made
    for process in made.started:
        process.terminate()
        process.wait(timeout=30)


@pytest.fixture(scope="module")
def api(installation: Installation) -> Iterator[httpx.Client]:
    """A client of its API."""
    served = start(installation)
    yield served.client
    served.client.close()


def _with_addresses(text: str, api: httpx.Client, installation: Installation) -> str:
    """A block with this test's addresses instead of the demo's."""
    environment = installation.environment
    for written, real in {
        "http://localhost:8000": str(api.base_url),
        "s3://f1-raw": f"s3://{environment['F1_S3_BUCKET']}",
        "localhost:7070": environment["F1_S3_ENDPOINT"].removeprefix("http://"),
        "'F1_S3_ACCESS_KEY_ID'": f"'{environment['F1_S3_ACCESS_KEY_ID']}'",
        "'F1_S3_SECRET_ACCESS_KEY'": f"'{environment['F1_S3_SECRET_ACCESS_KEY']}'",
    }.items():
        text = text.replace(written, real)
    return text


def test_every_example_of_the_guide_works(
    api: httpx.Client,
    installation: Installation,
    s3: S3,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert {name for name, _ in BLOCKS} == {"sh", "sql", "python", "json"}
    listed = {one["name"]: one for one in api.get("/seasons/2024/datasets").json()["datasets"]}

    for text in blocks("sh"):
        output = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", _with_addresses(text, api, installation)],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        assert '"name":"lap_times"' in output
        assert "season,round,race_id,driver_id" in output

    python = subprocess.run(
        [sys.executable, "-c", _with_addresses("\n".join(blocks("python")), api, installation)],
        cwd=tmp_path,
        env={**os.environ, "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert python.returncode == 0, python.stderr
    assert "'f1.synthetic': 'true'" in python.stdout
    assert "b'unit': b'ms'" in python.stdout

    with duckdb.connect(config={"extension_directory": str(tmp_path)}) as connection:
        duckdb_extensions.import_extension("httpfs", con=connection)
        statements = duckdb.extract_statements(
            _with_addresses("\n".join(blocks("sql")), api, installation)
        )
        answers = [connection.execute(statement).fetchall() for statement in statements]
    fastest, secrets, of_seasons = answers[0], answers[1:3], answers[3]
    assert secrets == [[(True,)], [(True,)]]
    assert len(fastest) == 5
    assert fastest == sorted(fastest, key=lambda row: row[1])
    assert [(year, laps) for year, laps, _ in of_seasons] == [(2024, listed["lap_times"]["rows"])]

    for text in blocks("json"):
        assert json.loads(text)["Statement"][0]["Action"] == "s3:GetObject"


def test_the_file_in_s3_equals_the_answer(
    api: httpx.Client, installation: Installation, s3: S3
) -> None:
    listed = api.get("/seasons/2024/datasets").json()["datasets"]
    assert [one["name"] for one in listed] == list(DATASETS)
    with RawStore(s3.settings(installation.environment["F1_S3_BUCKET"])) as store:
        for one in listed:
            content = store.get(one["snapshot"]["key"])
            assert content == api.get(one["parquet"]).content, one["name"]
            assert (one["snapshot"]["bytes"], one["snapshot"]["rows"]) == (
                len(content),
                one["rows"],
            )
