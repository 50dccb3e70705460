"""Implausible pages, schedules and listings are refused, and cost few requests."""

import itertools
import json
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from subprocess import CompletedProcess
from typing import Any

import pytest
from sentences import one_sentence

from f1_core.capture import Capture, Header, Page
from f1_core.errors import BadCapture
from f1_devkit.servers.jolpica.server import JolpicaServer
from f1_ingest.calendar import ScheduledRace, read_schedule
from f1_ingest.errors import BadResponse, IngestFailed
from f1_ingest.sources.jolpica import Jolpica
from f1_ingest.sources.jolpica_csv import JolpicaCsv
from f1_ingest.sources.missing_rows import Search, next_search
from f1_ingest.sources.openf1 import OpenF1
from f1_ingest.sources.protocol import Download, Request, Rows, Target
from f1_ingest.synthetic.responses import Response, respond

Captures = Callable[..., list[Capture]]
Ingest = Callable[..., CompletedProcess[str]]


TARGET = Target(
    "laps",
    2024,
    ScheduledRace("2024-bahrain", 2024, 1, "Bahrain Grand Prix", "bahrain", date(2024, 3, 2)),
)


JOLPICA = Jolpica("https://api.example/ergast/f1")


def page(**changes: Any) -> bytes:
    data = {"limit": "100", "offset": "0", "total": "1"} | changes
    laps = data.pop("laps", [{"number": "1", "Timings": [{"driverId": "a"}]}])
    table = {"season": "2024", "round": "1", "Races": [{"season": "2024", "Laps": laps}]}
    table["Races"][0]["round"] = "1"  # type: ignore[index]
    return json.dumps({"MRData": {**data, "RaceTable": table}}).encode()


def laps(count: int) -> list[dict[str, Any]]:
    return [{"number": str(n), "Timings": [{"driverId": "a"}]} for n in range(1, count + 1)]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (page(total="9" * 5000), "instead of a number from 0 to 9999999"),
        (page(total="-1"), "instead of a number"),
        (page(offset="-1"), "instead of a number"),
        (page(limit="1e2"), "instead of a number"),
        (page(limit="\uff11\uff10\uff10"), "instead of a number"),
        (page(limit="1_00"), "instead of a number"),
        (page(total=" 1"), "instead of a number"),
        (page(total=""), "instead of a number"),
        (page(total="x" * 10**6), "instead of a number"),
        (page(total="100000"), "more than 5000 laps"),
        (page(total="5000", laps=[]), "has no rows from 0 on, but a total of 5000"),
        (page(total="200", laps=laps(101)), "has 101 rows, but 100 were requested"),
        (page(limit="99"), "limit 99"),
        (b'{"deep":' + b"[" * 10**6 + b"," + page()[1:], "not a response of this protocol"),
        (page().replace(b'"1"', b"NaN", 1), "not a response of this protocol"),
        (page().replace(b'"1"', b'"\\ud800"', 1), "not a response of this protocol"),
        (b"\xef\xbb\xbf" + page(), "not a response of this protocol"),
        (page().decode().encode("utf-16"), "not a response of this protocol"),
        (page(total="1").replace(b'"a"', b'"\xe9"'), "not a response of this protocol"),
        (b"[]", "not a response of this protocol"),
        (b"null", "not a response of this protocol"),
        (b"", "not a response of this protocol"),
    ],
    ids=itertools.count(),
)
def test_a_page_with_implausible_numbers_or_structure_is_refused(content: bytes, why: str) -> None:
    with pytest.raises(BadResponse, match=why) as raised:
        JOLPICA.rows(TARGET, JOLPICA.first(TARGET, 0), content)
    one_sentence(raised.value)


@pytest.mark.parametrize("number", ["99999999", "9" * 5000, "-1", "²", "0", "1e3", ""])
def test_a_lap_with_an_implausible_number_is_not_searched(number: str) -> None:
    request = JOLPICA.first(TARGET, 0)
    rows = Rows(request, ((number, "a"), ("3", "a"), ("1", "a")), 100)
    began = time.process_time()
    assert next_search("laps", [rows]) == Search("lap", "2")
    assert time.process_time() - began < 1


@pytest.mark.parametrize("driver", ["../..", "a/b", "a?limit=1", "a b", "", "last", "x" * 10**6])
def test_an_invalid_id_is_never_part_of_a_url(driver: str) -> None:
    request = JOLPICA.first(TARGET, 0)
    assert next_search("laps", [Rows(request, (("2", driver),), 100)]) is None


def test_a_total_that_pages_contradict_costs_few_requests(
    ingest: Ingest, source: JolpicaServer, captures: Captures, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The total is 5,000 laps, and three exist; the other resources are read."""
    settings = {"F1_JOLPICA_URL": source.url, "F1_HTTP_PATIENCE_S": "0.3"}

    def respond_with_wrong_total(*request: Any, **options: Any) -> Response:
        status, headers, body = respond(*request, **options)
        if "/1/laps" in request[1]:
            content = json.loads(body)
            content["MRData"]["total"] = "5000"
            for race in content["MRData"]["RaceTable"]["Races"]:
                del race["Laps"][1:], race["Laps"][0]["Timings"][3:]
            body = json.dumps(content).encode()
        return status, headers, body

    monkeypatch.setattr("f1_devkit.servers.jolpica.server.respond", respond_with_wrong_total)
    ran = ingest("round", "--season", 2024, "--round", 1, **settings)
    assert ran.returncode == 3
    assert "a total of 5000" in ran.stderr
    assert source.log.count("/1/laps") < 30
    assert captures("results")


def schedule(**changes: Any) -> Capture:
    race = {
        "season": "2024",
        "round": "1",
        "raceName": "Bahrain Grand Prix",
        "Circuit": {"circuitId": "bahrain"},
        "date": "2024-03-02",
        "time": "15:00:00Z",
    }
    race |= changes
    now = datetime(2024, 3, 1, tzinfo=UTC)
    header = Header(
        source="jolpica", resource="schedule", order=1, started_at=now, fetched_at=now, season=2024
    )
    body = json.dumps({"MRData": {"RaceTable": {"Races": [race]}}}).encode()
    return Capture(header, [Page.of("https://api.example/2024/races.json", body, now)])


def test_a_schedule_is_read() -> None:
    read = read_schedule(schedule(Sprint={"date": "2024-03-01", "time": "11:00:00Z"}))
    assert [race.race_id for race in read.races] == ["2024-bahrain"]
    assert read.races[0].sessions == {"Sprint": {"date": "2024-03-01", "time": "11:00:00Z"}}


@pytest.mark.parametrize(
    "changes",
    [
        {"round": "9" * 5000},
        {"round": "0"},
        {"round": "01"},
        {"round": "1_0"},
        {"round": "100"},
        {"raceName": "x" * 10**6},
        {"raceName": "a\0b"},
        {"raceName": "\x1b[2J"},
        {"Circuit": {"circuitId": ".."}},
        {"Circuit": {"circuitId": "a'b"}},
        {"Circuit": {"circuitId": "last"}},
        {"Circuit": {"circuitId": "8"}},
        {"Circuit": {"circuitId": "bahrain-2"}},
        {"Circuit": {"circuitId": ""}},
        {"Circuit": {"circuitId": "x" * 81}},
        {"date": "0001-01-01"},
        {"date": "9999-12-31"},
        {"date": "x" * 10**6},
        {"time": "x" * 10**6},
        {"Sprint": {"date": "9999-12-31"}},
        {"Sprint": {"date": 5}},
        {"Sprint": {"date": "2024-03-01", "time": 5}},
        {f"Session{n}": {"date": "2024-03-01"} for n in range(1000)},
    ],
    ids=itertools.count(),
)
def test_an_implausible_schedule_is_not_used(changes: dict[str, Any]) -> None:
    with pytest.raises(BadCapture, match="the schedule of 2024 cannot be read") as raised:
        read_schedule(schedule(**changes))
    one_sentence(raised.value)


OPENF1 = OpenF1("https://api.openf1.example/v1")


SESSION = {
    "session_key": 9,
    "session_name": "Race",
    "date_start": "2024-03-02T15:00:00+00:00",
}


def test_repeated_sessions_are_read_once() -> None:
    listed = [{**SESSION, "session_key": key} for key in range(10_000)]
    content = json.dumps(listed).encode()
    first = OPENF1.rows(TARGET, OPENF1.first(TARGET, 0), content)
    assert len(OPENF1.rest(TARGET, 0, first, content)) == 2


def test_rows_of_another_session_are_refused() -> None:
    content = json.dumps([SESSION]).encode()
    first = OPENF1.rows(TARGET, OPENF1.first(TARGET, 0), content)
    [laps] = [
        request for request in OPENF1.rest(TARGET, 0, first, content) if request.name == "laps"
    ]
    row = {"driver_number": 1, "lap_number": 1}
    rows = [{**row, "session_key": 9}, {**row, "session_key": 8}]
    with pytest.raises(BadResponse, match="has another session than 9"):
        OPENF1.rows(TARGET, laps, json.dumps(rows).encode())
    assert OPENF1.rows(TARGET, laps, json.dumps(rows[:1]).encode()).keys == (("9", "1", "1"),)


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"])
def test_a_session_at_an_extreme_date_is_not_the_races(moment: str) -> None:
    content = json.dumps([{**SESSION, "date_start": moment}]).encode()
    first = OPENF1.rows(TARGET, OPENF1.first(TARGET, 0), content)
    with pytest.raises(IngestFailed, match="openf1 has no race on 2024-03-02"):
        OPENF1.rest(TARGET, 0, first, content)


@pytest.mark.parametrize(
    "content",
    [
        json.dumps([{**SESSION, "session_key": 10**30}]).encode(),
        json.dumps([{**SESSION, "session_key": -1}]).encode(),
        json.dumps([SESSION]).replace("9,", "9" * 5000 + ",", 1).encode(),
        b"[" * 10**6,
        b'[{"session_key": 1e999}]',
        b'[{"session_key": 9, "session_name": "\xe9"}]',
    ],
    ids=itertools.count(),
)
def test_responses_of_openf1_are_bounded_too(content: bytes) -> None:
    with pytest.raises(BadResponse, match="not a response of this protocol"):
        OPENF1.rows(TARGET, OPENF1.first(TARGET, 0), content)


@pytest.mark.parametrize(
    "dump",
    [
        {"file_hash": "0" * 64, "download_url": "http://["},
        {"file_hash": "0" * 64, "download_url": "file:///etc/passwd"},
        {"file_hash": "0" * 64, "download_url": "/relative"},
        {"file_hash": "0" * 64, "download_url": "https://a.example/" + "x" * 10**5},
        {"file_hash": "0" * 64, "download_url": "https://a.example/\0"},
        {"file_hash": "x" * 10**5, "download_url": "https://a.example/"},
        {"file_hash": None, "download_url": None},
        json.loads("[" * 900 + "]" * 900),
    ],
    ids=itertools.count(),
)
def test_an_invalid_listing_of_dumps_is_refused(dump: Any) -> None:
    content = json.dumps({"delayed_dumps": {"csv": dump}}).encode()

    def answer(request: Request, read: Callable[[bytes], bytes]) -> Page:
        return Page.of(request.url, read(content), datetime.now(UTC))

    source = JolpicaCsv("https://api.example/dumps", 0, caps=None)  # type: ignore[arg-type]
    with pytest.raises(BadResponse) as raised:
        source.read(None, Download(answer, lambda: datetime.now(UTC)))
    one_sentence(raised.value)
