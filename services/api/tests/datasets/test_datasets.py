"""Tables for download: the same data in Parquet, CSV and other answers."""

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import duckdb_extensions
import pytest
from pyarrow import parquet

from f1_core import licences
from f1_core.postgres import schema
from f1_datasets.tables import DATASETS


@pytest.fixture
def httpfs(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """DuckDB with its extension for HTTP."""
    with duckdb.connect(config={"extension_directory": str(tmp_path)}) as connection:
        duckdb_extensions.import_extension("httpfs", con=connection)
        yield connection


def _read(api: Any, path: str) -> Any:
    answer = api.get(path)
    assert answer.status_code == 200, answer.text
    return parquet.read_table(io.BytesIO(answer.content))


def test_the_list_has_the_available_datasets(api: Any) -> None:
    listed = api.json("/seasons/2024/datasets")
    assert [one["name"] for one in listed["datasets"]] == list(DATASETS)
    assert (listed["season"], listed["race"], listed["synthetic"]) == (2024, None, True)
    found = 0
    for one in (given for given in listed["datasets"] if given["rows"] is not None):
        rows = _read(api, one["parquet"]).num_rows
        assert rows == one["rows"] == len(api.get(one["csv"]).text.splitlines()) - 1
        found += rows
    assert found > 20


def test_the_list_has_the_files_in_s3(fresh_api: Any, season: Any) -> None:
    season.execute(
        "INSERT INTO snapshots (season, fingerprint, files, written_at) VALUES (2024, 'x',"
        """ '{"lap_times": {"rows": 7, "bytes": 1234, "sha256": "5e0c"}}', '2024-06-01')"""
    )
    listed = {one["name"]: one for one in fresh_api.json("/seasons/2024/datasets")["datasets"]}
    assert listed["lap_times"]["snapshot"] == {
        "key": "processed/2024/lap_times.parquet",
        "rows": 7,
        "bytes": 1234,
        "sha256": "5e0c",
        "written_at": "2024-06-01T00:00:00Z",
    }
    assert listed["results"]["snapshot"] is None
    of_race = fresh_api.json("/races/2024-1/datasets")["datasets"]
    assert {one["snapshot"] for one in of_race} == {None}


def test_a_browser_gets_a_page_with_the_files(api: Any) -> None:
    page = api.get("/seasons/2023/datasets", accept="text/html").text
    assert '<a href="/seasons/2023/datasets/lap_times.parquet"' in page
    assert "pit_stops.parquet" not in page
    table = api.get("/seasons/2023/datasets?format=csv").text.splitlines()
    assert table[0].startswith("name,about,rows,parquet,csv,snapshot_key")
    assert len(table) == 1 + len(DATASETS)
    race = api.get("/races/2024-1", accept="text/html").text
    assert '<a href="/races/2024-monaco/datasets"' in race
    season = api.get("/seasons/2024", accept="text/html").text
    assert '<a href="/seasons/2024/datasets"' in season


def test_a_dataset_of_a_race_has_its_rows_only(api: Any) -> None:
    listed = {one["name"]: one for one in api.json("/races/2024-2/datasets")["datasets"]}
    assert listed["results"]["rows"] == 2
    assert listed["sprint_results"]["rows"] == 1
    assert listed["results"]["parquet"] == "/races/2024-spa/datasets/results.parquet"
    table = _read(api, "/races/2024-2/datasets/results.parquet")
    assert set(table["race_id"].to_pylist()) == {"2024-spa"}
    assert _read(api, "/races/2024-2/datasets/drivers.parquet")["driver_id"].to_pylist() == [
        "ada",
        "bruno",
    ]


def test_an_uncaptured_table_is_null_and_has_no_file(api: Any) -> None:
    """An empty file would mean that there were no stops."""
    listed = {one["name"]: one for one in api.json("/seasons/2023/datasets")["datasets"]}
    assert listed["pit_stops"]["rows"] is None
    assert listed["pit_stops"]["parquet"] is None
    answer = api.get("/seasons/2023/datasets/pit_stops.parquet")
    assert answer.status_code == 404
    assert "never captured" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/seasons/2024/datasets/laps.parquet", "write one of races, drivers"),
        ("/seasons/1949/datasets/lap_times.csv", "there is no season '1949'"),
        ("/seasons/2024/datasets/lap_times.xlsx", "there is no page at"),
        ("/races/2024-99/datasets/lap_times.csv", "there is no race '2024-99'"),
        ("/races/2024-99/datasets", "there is no race '2024-99'"),
    ],
)
def test_unknown_datasets_are_refused_with_a_list(api: Any, path: str, message: str) -> None:
    answer = api.get(path)
    assert answer.status_code == 404
    assert message in answer.json()["detail"]


def test_a_file_names_its_captures(api: Any) -> None:
    metadata = _read(api, "/seasons/2024/datasets/lap_times.parquet").schema.metadata
    captures = json.loads(metadata[b"f1.captures"])
    shown = api.json("/races/2024-1/lap-times")["completeness"]["captured"]
    assert captures == [one["capture"] for one in shown if one["resource"] == "laps"]
    assert metadata[b"f1.synthetic"] == b"true"
    assert metadata[b"f1.license"].decode() == licences.SYNTHETIC.name
    assert metadata[b"f1.sources"] == b"synthetic"


def test_real_data_has_its_licence(fresh_api: Any, season: Any) -> None:
    season.execute("UPDATE installation SET synthetic = false")
    metadata = _read(fresh_api, "/races/2024-1/datasets/results.parquet").schema.metadata
    assert metadata[b"f1.license"] == b"CC BY-NC-SA 4.0"
    assert b"Jolpica" in metadata[b"f1.attribution"]
    assert metadata[b"f1.synthetic"] == b"false"


def test_the_header_has_the_completeness(api: Any) -> None:
    """Laps of one of the two races run in 2024 were never captured."""
    answer = api.get("/seasons/2024/datasets/lap_times.csv")
    assert answer.headers["x-f1-complete"] == "false"
    assert api.get("/seasons/2024/datasets/races.csv").headers["x-f1-complete"] == "true"
    one = api.get("/races/2024-1/datasets/lap_times.csv")
    assert one.headers["x-f1-complete"] == "true"
    assert one.headers["content-disposition"] == 'attachment; filename="2024-monaco-lap_times.csv"'


def test_null_is_null_and_zero_is_zero(api: Any) -> None:
    laps = _read(api, "/races/2024-1/datasets/lap_times.parquet").to_pylist()
    assert {row["position"] for row in laps if row["driver_id"] == "cleo"} == {None}
    figures = _read(api, "/races/2023-1/datasets/aggregations.parquet").to_pylist()
    assert [row["pit_stops"] for row in figures] == [None]
    figures = _read(api, "/races/2024-1/datasets/aggregations.parquet").to_pylist()
    assert {row["driver_id"]: row["pit_stops"] for row in figures} == {
        "ada": 0,
        "bruno": 1,
        "cleo": 0,
    }
    text = api.get("/races/2023-1/datasets/aggregations.csv").text
    assert text.splitlines()[1].endswith(",80000,1,,")


def test_a_correction_is_in_the_next_file(serve: Any, season: Any, eventually: Any) -> None:
    server = serve()
    path = "/seasons/2024/datasets/lap_times.parquet"
    before = server.get(path)
    season.execute("UPDATE lap_times SET time_ms = 84001 WHERE driver_id = 'ada' AND lap = 3")
    season.notify()
    eventually(lambda: server.get(path).headers["etag"] != before.headers["etag"])
    assert 84_001 in _read(server, path)["time_ms"].to_pylist()


def test_a_required_key_is_checked(serve: Any) -> None:
    server = serve(keys="required")
    assert server.get("/seasons/2024/datasets/lap_times.parquet").status_code == 401


def test_parquet_is_not_compressed_again(api: Any) -> None:
    path = "/seasons/2024/datasets/lap_times"
    assert "content-encoding" not in api.get(f"{path}.parquet").headers
    assert api.get(f"{path}.parquet").headers["content-type"] == "application/vnd.apache.parquet"


def test_every_column_comes_from_the_database(season: Any, fresh_api: Any) -> None:
    """Datasets have all columns of tables, except internal ones."""
    listed = fresh_api.json("/seasons/2024/datasets")["datasets"]
    for name in (one["name"] for one in listed if one["parquet"]):
        dataset = DATASETS[name]
        columns = schema.metadata.tables[name].columns
        of_rows = {column.name for column in columns}
        given = {column.name for column in dataset.columns}
        # In datasets, a race's start and sessions are times and ties have their order; columns that
        # Postgres computes are derived from others.
        computed = {column.name for column in columns if column.computed is not None}
        assert of_rows - given - computed <= {"precedence", "time", "sessions", "tie_order"}, name
        assert [column.name for column in dataset.columns] == _read(
            fresh_api, f"/seasons/2024/datasets/{name}.parquet"
        ).column_names


def test_duckdb_reads_it_over_http_in_parts(api: Any, httpfs: duckdb.DuckDBPyConnection) -> None:
    address = f"{api.url}/seasons/2024/datasets"
    found = httpfs.sql(
        f"SELECT family_name, min(time_ms) FROM '{address}/lap_times.parquet'"
        f" JOIN '{address}/drivers.parquet' USING (driver_id) GROUP BY 1 ORDER BY 2"
    ).fetchall()
    assert found == [("Falk", 84_000), ("Keller", 84_500), ("Ames", 92_000)]
    assert '",status="206"}' in api.metrics
