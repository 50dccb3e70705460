"""Bulk data: the dump, OpenF1, and the Ergast archive over Jolpica's protocol."""

import csv
import hashlib
import io
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import httpx
import pytest

from f1_devkit.servers.jolpica import dump, ergast_csv, openf1
from f1_devkit.servers.jolpica.limits import Limits
from f1_devkit.servers.jolpica.server import JolpicaServer
from f1_ingest.synthetic import cached_season
from f1_ingest.synthetic.dataset import Dataset

Make = Callable[..., JolpicaServer]
DATA = cached_season(2024)


@cache
def tables() -> dict[str, list[dict[str, str]]]:
    with zipfile.ZipFile(io.BytesIO(dump.make(DATA).content)) as archive:
        return {
            name.removeprefix("formula_one_").removesuffix(".csv"): list(
                csv.DictReader(io.TextIOWrapper(archive.open(name), encoding="utf-8"))
            )
            for name in archive.namelist()
        }


def test_a_dump_is_listed_and_downloaded_from_another_host(jolpica_server: Make) -> None:
    server = jolpica_server()
    listing = httpx.get(f"{server.dumps_url}/", timeout=60).json()  # it makes the dump
    entry = listing["delayed_dumps"]["csv"]
    assert entry["download_url"] == f"{server.dumps_url}/delayed/?dump_type=csv"

    token = {"Authorization": "Token secret"}
    redirect = httpx.get(entry["download_url"], headers=token)
    assert redirect.status_code == 302
    assert httpx.URL(redirect.headers["Location"]).host == "localhost"
    content = httpx.get(redirect.headers["Location"]).content

    assert hashlib.sha256(content).hexdigest() == entry["file_hash"]
    assert len(content) == entry["file_size"]
    requests = [(request.service, request.authorization) for request in server.log]
    assert requests == [("dumps", False), ("dumps", True), ("storage", False)]
    assert httpx.get(f"{server.dumps_url}/yesterday/").status_code == 404


def test_a_dump_changes_when_the_data_does(jolpica_server: Make) -> None:
    server = jolpica_server()
    before = server.dump
    assert server.dump is before
    server.correct(lambda data: data.weekend(2024, 1).laps.pop())
    assert server.dump.file_hash != before.file_hash
    assert dump.make(DATA).file_hash == before.file_hash


def test_a_dump_has_the_columns_of_the_real_one() -> None:
    columns = {name: list(rows[0]) for name, rows in tables().items()}
    assert columns["lap"] == [
        *("id", "api_id", "average_speed", "is_deleted", "is_entry_fastest_lap", "number"),
        *("position", "session_entry_id", "time"),
    ]
    assert columns["pitstop"] == [
        *("id", "api_id", "duration", "lap_id", "local_timestamp", "number", "session_entry_id"),
    ]
    assert {"detail", "fastest_lap_rank", "grid", "is_classified"} < set(columns["sessionentry"])
    assert all(names[1:] == sorted(names[1:]) for names in columns.values())


def test_a_dump_has_all_laps_and_stops_and_results_of_the_races() -> None:
    types = {row["id"]: row["type"] for row in tables()["session"]}
    entries = {row["id"]: types[row["session_id"]] for row in tables()["sessionentry"]}
    raced = [row for row in tables()["lap"] if entries[row["session_entry_id"]] == "R"]
    assert len(raced) == DATA.count("laps")
    assert raced[0]["time"].startswith("00:0")
    assert len(tables()["pitstop"]) == DATA.count("pit_stops")
    assert all(row["lap_id"] for row in tables()["pitstop"])
    assert list(entries.values()).count("R") == DATA.count("results")
    assert list(entries.values()).count("SR") == DATA.count("sprint")
    assert list(entries.values()).count("Q1") == DATA.count("qualifying")
    assert list(entries.values()).count("Q3") == 10 * len(DATA.weekends)


def test_keys_of_a_dump_refer_to_rows() -> None:
    for column, table in {
        "session_entry_id": "sessionentry",
        "session_id": "session",
        "round_id": "round",
        "round_entry_id": "roundentry",
        "team_driver_id": "teamdriver",
        "driver_id": "driver",
        "team_id": "team",
        "circuit_id": "circuit",
        "season_id": "season",
    }.items():
        known = {row["id"] for row in tables()[table]}
        for rows in tables().values():
            assert {row[column] for row in rows if column in row} <= known


def test_openf1_has_sessions_and_laps_by_car_number(jolpica_server: Make) -> None:
    server = jolpica_server()
    sessions = httpx.get(server.openf1_url + "/sessions", params={"year": "2024"}).json()
    race = next(row for row in sessions if row["session_name"] == "Race")
    key = race["session_key"]
    assert key == openf1.session_key(DATA.weekend(2024, 1))
    drivers = httpx.get(server.openf1_url + f"/drivers?session_key={key}").json()
    assert len(drivers) == 20

    laps = httpx.get(server.openf1_url + f"/laps?session_key={key}").json()
    assert len(laps) == len(DATA.weekend(2024, 1).laps)
    assert {row["lap_duration"] for row in laps if row["lap_number"] == 1} == {None}
    own = [row for row in laps if row["driver_number"] == drivers[0]["driver_number"]]
    durations = {
        lap.lap: lap.millis / 1000
        for lap in DATA.weekend(2024, 1).laps
        if lap.driver_id == DATA.weekend(2024, 1).results[0].driver_id and lap.millis
    }
    assert all(row["lap_duration"] == durations[row["lap_number"]] for row in own[1:5])
    stops = httpx.get(server.openf1_url + f"/pit?session_key={key}").json()
    assert len(stops) == len(DATA.weekend(2024, 1).pit_stops)
    assert httpx.get(server.openf1_url + "/nothing").status_code == 404


def test_openf1_is_closed_while_a_session_is_live_and_has_limits(jolpica_server: Make) -> None:
    server = jolpica_server()
    server.openf1_live = True
    closed = httpx.get(server.openf1_url + "/sessions")
    assert closed.status_code == 401
    assert "session in progress" in closed.text
    server.openf1_limits = Limits(per_second=None, per_hour=1, hour_s=60)
    server.openf1_live = False
    statuses = [httpx.get(server.openf1_url + "/sessions").status_code for _ in range(2)]
    assert statuses == [200, 429]
    assert httpx.get(server.url + "/seasons.json").status_code == 200


def test_a_server_in_another_process_is_controlled_over_http(jolpica_server: Make) -> None:
    server = jolpica_server()
    changes = {
        "faults": {"rates": {"504": 1.0}},
        "script": [{"kind": "429", "path": "/results"}],
        "limits": {"per_hour": 50},
        "edges": {"rate": 0.25},
        "now": "2024-05-26T20:00:00+00:00",
        "corrections": [
            {
                "season": 2024,
                "round": 3,
                "resource": "results",
                "where": {"position": 1},
                "set": {"points": 0.0},
            },
            {"season": 2024, "round": 3, "resource": "laps", "where": {"lap": 2}},
        ],
    }
    state = httpx.post(server.control_url, json=changes).json()
    assert state["faults"]["rates"] == {"504": 1.0}
    assert state["limits"]["per_hour"] == 50
    assert httpx.get(server.url + "/2024/1/results.json").status_code == 429
    assert httpx.get(server.url + "/2024/1/results.json").status_code == 504
    corrected = server.dataset.weekend(2024, 3)
    assert corrected.results[0].points == 0
    assert not [lap for lap in corrected.laps if lap.lap == 2]
    assert httpx.get(server.control_url).json()["requests"] == {"429": 1, "504": 1}
    log = httpx.get(server.control_url + "/log").json()
    assert [request["status"] for request in log] == [429, 504]

    httpx.post(server.control_url, json={"faults": {"rates": {}}, "now": None})
    assert httpx.get(server.url + "/2024/1/results.json").status_code == 200
    refused: tuple[dict[str, object], ...] = (
        {"fault": {}},
        {"faults": {"rate": 1}},
        {"script": [{"kind": "fire"}]},
        {"corrections": [{"season": 2024, "round": 1, "resource": "laps", "where": {"lap": 999}}]},
    )
    for wrong in refused:
        assert httpx.post(server.control_url, json=wrong).status_code == 400


@pytest.fixture(scope="module")
def ergast(shared_data: Path) -> Path:
    return shared_data / "ergast-csv-2021-2022"


@pytest.fixture(scope="module")
def real(ergast: Path) -> Dataset:
    return ergast_csv.load(ergast)


def test_the_real_seasons_are_loaded_completely(real: Dataset) -> None:
    assert len(real.weekends) == 44
    assert real.count("laps") == 47_217
    assert real.count("pit_stops") == 1_603
    assert real.count("results") == 880


def test_millis_of_the_archive_equal_its_texts(ergast: Path, real: Dataset) -> None:
    with (ergast / "lap_times.csv").open(newline="") as file:
        theirs = sorted(int(row["milliseconds"]) for row in csv.DictReader(file))
    ours = sorted(lap.millis or 0 for weekend in real.weekends for lap in weekend.laps)
    assert ours == theirs


def test_the_real_champions_are_computed(real: Dataset) -> None:
    champion = real.season(2021)[-1].driver_standings[0]
    assert (champion.driver_id, champion.points, champion.wins) == ("max_verstappen", 395.5, 10)
    team = real.season(2022)[-1].constructor_standings[0]
    assert (team.constructor_id, team.points) == ("red_bull", 759.0)


def test_the_real_seasons_are_served(jolpica_server: Make, real: Dataset) -> None:
    server = jolpica_server(real)
    answer = httpx.get(server.url + "/2021/12/results.json").json()["MRData"]
    (race,) = answer["RaceTable"]["Races"]
    assert race["raceName"] == "Belgian Grand Prix"
    assert race["Results"][0]["points"] == "12.5"


ARCHIVE = r"""
# seasons
year,url
2021,"u"
# circuits
circuitId,circuitRef,name,location,country,lat,lng,alt,url
1,"ring","The Ring","Town","Land",1.5,2.5,7,"u"
# constructors
constructorId,constructorRef,name,nationality,url
1,"t","T","X","u"
# drivers
driverId,driverRef,number,code,forename,surname,dob,nationality,url
7,"jane",\N,\N,"Jane","Doe","1990-01-01","X","u"
# status
statusId,status
1,"Finished"
# races
raceId,year,round,circuitId,name,date,time,url,quali_date,quali_time
9,2021,1,1,"GP","2021-05-02","13:00:00","u","2021-05-01",\N
# results
raceId,driverId,constructorId,number,grid,position,positionText,positionOrder,points,laps,time,\
milliseconds,fastestLap,rank,fastestLapTime,fastestLapSpeed,statusId
9,7,1,44,1,1,1,1,25,2,3:00.5,180500,2,1,1:29.5,200.0,1
# sprint_results
raceId
# qualifying
raceId,driverId,constructorId,number,position,q1,q2,q3
9,7,1,44,1,1:30.1,,\N
# lap_times
raceId,driverId,lap,position,time,milliseconds
9,7,1,\N,"1:31.0",91000
# pit_stops
raceId,driverId,stop,lap,time,duration,milliseconds
9,7,1,1,13:05:06,,\N
"""


def test_an_archive_is_loaded_with_its_nulls(tmp_path: Path) -> None:
    for part in ARCHIVE.replace("\\\n", "").split("\n# ")[1:]:
        name, _, content = part.partition("\n")
        (tmp_path / f"{name}.csv").write_text(content)

    (weekend,) = ergast_csv.load(tmp_path).weekends

    assert weekend.race.sessions["Qualifying"].time is None
    assert weekend.laps[0].position is None
    assert (weekend.pit_stops[0].duration, weekend.pit_stops[0].millis) == ("", None)
    assert (weekend.qualifying[0].q2, weekend.qualifying[0].q3) == ("", None)
    assert weekend.driver_standings[0].points == 25
