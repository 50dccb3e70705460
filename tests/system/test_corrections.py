"""The source corrects a race; the API reports exactly what changed, why, and from which bytes.

Expected values are the changes in the source, not the results of a parser.
"""

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from msgspec import structs
from pydantic import SecretStr

from f1_core.capture import Capture, decode
from f1_core.store.rawstore import RawStore, StoreSettings
from f1_devkit.programs.installation import Installation
from f1_devkit.servers.jolpica import ergast_csv
from f1_devkit.servers.jolpica.server import JolpicaServer
from f1_devkit.servers.ports import LOOPBACK, free_port
from f1_ingest.synthetic import Dataset, season

SOURCE = ("--source", "synthetic", "--season", "2024")
RACE = "/races/2024-1"


@pytest.fixture(scope="module")
def processed(install: Callable[..., Installation]) -> Installation:
    """Two races, captured and processed once; each test has a copy."""
    with JolpicaServer(season(2024)) as source:
        installation = install(F1_SYNTHETIC_URL=source.url)
        installation.run("f1-ingest", "backfill", *SOURCE, "--rounds", "1-2")
    installation.run("f1-worker", "run", "--drain")
    return installation


@pytest.fixture
def races(
    processed: Installation,
    installation: Installation,
    fresh_database: Callable[..., str],
    serve: Callable[..., Any],
) -> Iterator[tuple[Installation, Any, httpx.Client]]:
    """Two races, captured, processed and answered; their source; a client of the API."""
    database = str(sa.make_url(processed.environment["F1_DATABASE_URL"]).database)
    installation.environment |= {
        "F1_DATABASE_URL": fresh_database(database),
        "F1_INGEST_REFRESH_DAYS": "100000",
        "F1_INGEST_REFRESH_EVERY_H": "0.0001",
    }
    with _store(processed) as made, _store(installation) as store:
        for key in made.keys("raw/"):
            store.put(key, made.get(key))
    installation.run("f1-worker", "sweep")  # so that the ledger has the copy's bucket
    server = serve(installation, season(2024))
    with _api(installation) as client:
        yield installation, server, client


@contextmanager
def _api(installation: Installation) -> Iterator[httpx.Client]:
    port = free_port()
    installation.environment |= {"F1_API_PORT": str(port), "F1_API_HOST": LOOPBACK}
    installation.start("f1-api")
    with httpx.Client(base_url=f"http://{LOOPBACK}:{port}", timeout=20) as client:
        deadline = time.monotonic() + 60
        while not _ready(client):
            assert time.monotonic() < deadline, "the API does not come"
            time.sleep(0.1)
        yield client


def _ready(client: httpx.Client) -> bool:
    try:
        return client.get("/readyz").status_code == 200
    except httpx.TransportError:
        return False


def _json(client: httpx.Client, path: str, **params: str) -> Any:
    answer = client.get(path, params=params or None)
    assert answer.status_code == 200, answer.text
    return answer.json()


def _refresh(installation: Installation, number: int = 1) -> None:
    installation.run("f1-ingest", "backfill", *SOURCE, "--rounds", str(number), "--refresh")
    installation.run("f1-worker", "run", "--drain")


def _resource(client: httpx.Client, name: str, race: str = RACE) -> Any:
    found = _json(client, f"{race}/provenance")["resources"]
    return next(item for item in found if item["resource"] == name and item["session"] == "race")


def test_the_difference_is_exactly_what_the_source_corrected(
    races: tuple[Installation, Any, httpx.Client],
) -> None:
    installation, server, client = races
    before = server.dataset.weekend(2024, 1)
    slow, gone = before.laps[7], before.laps[30]
    winner = before.results[0]
    assert gone.driver_id != slow.driver_id or gone.lap != slow.lap

    def correct(data: Dataset) -> None:
        weekend = data.weekend(2024, 1)
        weekend.laps[7].time = "2:22.222"
        del weekend.laps[30]
        weekend.results[0].position_text = "D"
        weekend.results[0].points = 0.0

    server.correct(correct)
    _refresh(installation)

    laps = _json(client, f"{RACE}/changes")
    assert (laps["added"], laps["removed"], laps["changed"]) == (0, 1, 1)
    found = {(row["change"], *_lap(row["before"] or row["after"])): row for row in laps["rows"]}
    assert found.keys() == {
        ("changed", slow.driver_id, slow.lap),
        ("removed", gone.driver_id, gone.lap),
    }
    changed = found["changed", slow.driver_id, slow.lap]
    assert changed["columns"] == ["time_ms"]
    assert (changed["before"]["time_ms"], changed["after"]["time_ms"]) == (slow.millis, 142_222)

    [result] = _json(client, f"{RACE}/changes", resource="results")["rows"]
    assert (result["change"], result["columns"]) == (
        "changed",
        ["position_text", "points", "time_ms", "time"],  # unclassified drivers have no time
    )
    assert result["before"]["driver_id"] == winner.driver_id
    assert result["after"]["points"] == 0

    season_ = _json(client, "/seasons/2024/corrections")
    assert {(c["race_id"], c["resource"]) for c in season_["corrections"]} == {
        (laps["race"]["race_id"], "laps"),
        (laps["race"]["race_id"], "results"),
    }
    [number] = _json(client, f"{RACE}/provenance", driver=slow.driver_id, lap=str(slow.lap))[
        "numbers"
    ]
    assert [version["row"]["time_ms"] for version in number["versions"]] == [142_222, slow.millis]
    assert _json(client, "/races/2024-2/changes")["from"] is None


def test_every_number_has_its_raw_bytes(races: tuple[Installation, Any, httpx.Client]) -> None:
    """The object of each applied capture is in S3, and its pages have the reported hashes."""
    installation, _, client = races
    resources = _json(client, f"{RACE}/provenance")["resources"]
    assert {"laps", "results"} <= {resource["resource"] for resource in resources}
    with _store(installation) as store:
        for resource in resources:
            applied = resource["applied"]
            assert applied["object"]["uri"] == f"s3://{store.bucket}/{applied['capture']}"
            pages = decode(store.get(applied["object"]["key"])).pages
            assert [
                (hashlib.sha256(page.content).hexdigest(), len(page.content)) for page in pages
            ] == [(page["sha256"], page["bytes"]) for page in applied["pages"]]
            assert resource["rows"] > 0


def test_a_held_capture_is_reported_with_its_changes_and_its_confirmation(
    races: tuple[Installation, Any, httpx.Client],
) -> None:
    installation, server, client = races
    rows = _resource(client, "pitstops", "/races/2024-2")["rows"]
    server.correct(lambda data: data.weekend(2024, 2).pit_stops.clear())
    _refresh(installation, 2)

    stops = _resource(client, "pitstops", "/races/2024-2")
    held = stops["history"][0]
    assert (held["state"], stops["rows"]) == ("held", rows)
    assert "it is empty" in held["reason"]
    assert _json(client, held["changes"])["removed"] == rows

    installation.run("f1-worker", "confirm", held["capture"], "--by", "ada", "--why", "a red flag")
    installation.run("f1-worker", "run", "--drain")
    stops = _resource(client, "pitstops", "/races/2024-2")
    assert (stops["rows"], stops["applied"]["capture"]) == (0, held["capture"])
    [decision] = _json(client, f"/captures/{held['capture']}")["decisions"]
    assert (decision["kind"], decision["decided_by"], decision["why"]) == (
        *("confirm", "ada"),
        "a red flag",
    )
    assert _json(client, "/races/2024-2/provenance")["decisions"] == [decision]
    assert _json(client, "/races/2024-2/changes", resource="pitstops")["removed"] == rows


def test_a_quarantined_capture_and_its_release_are_reported(
    races: tuple[Installation, Any, httpx.Client],
) -> None:
    installation, _, client = races
    applied = _resource(client, "laps")["applied"]
    with _store(installation) as store:
        good = decode(store.get(applied["capture"]))
        # As if the source had promised one page more than it sent, and ingest had stored the
        # capture.
        header = structs.replace(good.header, order=good.header.order + 500)
        bad = Capture(header, good.pages[:-1])
        store.put(bad.key, bad.encode())
    installation.run("f1-worker", "run", "--drain")
    [refused] = _json(client, f"{RACE}/provenance")["refused"]
    assert (refused["capture"], refused["state"]) == (bad.key, "quarantined")
    assert "rows" in refused["reason"]
    assert _resource(client, "laps")["applied"]["capture"] == applied["capture"]

    installation.run("f1-worker", "accept", bad.key, "--by", "ada", "--why", "looked at it")
    installation.run("f1-worker", "run", "--drain")
    answer = _json(client, f"{RACE}/provenance")
    assert answer["refused"] == []
    assert [(item["kind"], item["capture"]) for item in answer["decisions"]] == [
        ("release", bad.key)
    ]
    assert _resource(client, "laps")["applied"]["capture"] == bad.key
    changes = _json(client, f"{RACE}/changes")
    assert changes["removed"] == changes["from"]["rows"] - changes["to"]["rows"] > 0


def test_a_rebuilt_database_reports_the_same(
    races: tuple[Installation, Any, httpx.Client], fresh_database: Callable[[], str]
) -> None:
    installation, server, client = races
    server.correct(lambda data: data.weekend(2024, 1).laps.pop())
    _refresh(installation)
    again = installation.on_database(fresh_database())
    again.run("f1-worker", "run", "--drain")
    with _api(again) as other:
        for path in (
            *(f"{RACE}/provenance", f"{RACE}/changes", "/seasons/2024/corrections"),
            "/seasons/2024/provenance",
        ):
            assert _json(other, path) == _json(client, path), path


def test_a_service_corrects_data_of_an_archive(
    installation: Installation, serve: Callable[..., Any], shared_data: Path
) -> None:
    """Real data: only different data of the other source is a correction."""
    folder = shared_data / "ergast-csv-2021-2022"
    installation.run("f1-ingest", "import", str(folder), "--source", "ergast-csv")
    server = serve(installation, ergast_csv.load(folder))
    lap = server.dataset.weekend(2021, 1).laps[100]

    def correct(data: Dataset) -> None:
        data.weekend(2021, 1).laps[100].time = "2:22.222"

    server.correct(correct)
    installation.run("f1-ingest", "backfill", "--season", "2021", "--rounds", "1")
    installation.run("f1-worker", "run", "--drain")
    with _api(installation) as client:
        corrections = _json(client, "/seasons/2021/corrections")["corrections"]
        of_races = [item for item in corrections if item["race_id"] is not None]
        [laps] = [item for item in of_races if item["resource"] == "laps"]
        assert (laps["replaced_source"], laps["source"]) == ("ergast-csv", "jolpica")
        assert (laps["added"], laps["removed"], laps["changed"]) == (0, 0, 1)
        [row] = _json(client, laps["changes"])["rows"]
        assert (row["before"]["driver_id"], row["before"]["lap"]) == (lap.driver_id, lap.lap)
        assert (row["before"]["time_ms"], row["after"]["time_ms"]) == (lap.millis, 142_222)
        assert {item["resource"] for item in of_races} <= {"laps"}, of_races
        found = _json(client, "/races/2021-1/provenance")["resources"]
        [of_laps] = [item for item in found if item["resource"] == "laps"]
        archive = of_laps["history"][-1]
        assert (archive["source"], archive["state"]) == ("ergast-csv", "superseded")
        pages = _json(client, f"/captures/{archive['capture']}")["pages"]
        assert "lap_times.csv" in {page["name"] for page in pages}


def _lap(row: dict[str, Any]) -> tuple[str, int]:
    return row["driver_id"], row["lap"]


def _store(installation: Installation) -> RawStore:
    given = installation.environment
    return RawStore(
        StoreSettings(
            bucket=given["F1_S3_BUCKET"],
            endpoint=given["F1_S3_ENDPOINT"],
            access_key_id=given["F1_S3_ACCESS_KEY_ID"],
            secret_access_key=SecretStr(given["F1_S3_SECRET_ACCESS_KEY"]),
        )
    )
