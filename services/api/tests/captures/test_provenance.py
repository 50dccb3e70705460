"""The origin of numbers: captures, raw objects, decisions, and the changes of corrections."""

import csv
import io
from typing import Any

import pytest

from f1_core.postgres import ledger

MONACO = "/races/2024-monaco"


def _laps(answer: Any) -> Any:
    return next(item for item in answer["resources"] if item["resource"] == "laps")


def test_a_race_lists_its_captures_and_their_states(
    fresh_api: Any, corrected: dict[str, str]
) -> None:
    laps = _laps(fresh_api.json("/races/2024-spa/provenance"))
    assert laps["table"] == "lap_times"
    assert laps["applied"]["capture"] == corrected["second"]
    assert [(item["capture"], item["state"], item["replaced"]) for item in laps["history"]] == [
        (corrected["held"], "held", None),
        (corrected["second"], "processed", corrected["first"]),
        (corrected["first"], "superseded", None),
    ]


def test_the_command_fetches_the_raw_object(
    fresh_api: Any, season: Any, corrected: dict[str, str]
) -> None:
    page = {
        "url": "https://x/laps?offset=0",
        "name": None,
        "sha256": "ab" * 32,
        "bytes": 10,
        "fetched_at": "2024-06-01T12:00:00Z",
    }
    season.pages(corrected["second"], [page])
    applied = _laps(fresh_api.json("/races/2024-spa/provenance"))["applied"]
    key = corrected["second"]
    assert applied["object"] == {
        "key": key,
        "bucket": "f1-raw",
        "uri": f"s3://f1-raw/{key}",
        "command": f"aws s3 cp s3://f1-raw/{key} -",
    }
    assert applied["pages"] == [page]
    assert fresh_api.json(f"/captures/{key}")["pages"] == [page]


def test_without_a_sweep_the_bucket_is_not_known(fresh_api: Any) -> None:
    applied = _laps(fresh_api.json(f"{MONACO}/provenance"))["applied"]
    assert applied["object"]["key"] == applied["capture"]
    assert applied["object"]["uri"] is None


def test_a_correction_is_reported_row_by_row(fresh_api: Any, corrected: dict[str, str]) -> None:
    answer = fresh_api.json("/races/2024-spa/changes")
    assert (answer["from"]["capture"], answer["to"]["capture"]) == (
        corrected["first"],
        corrected["second"],
    )
    assert (answer["added"], answer["removed"], answer["changed"]) == (1, 1, 1)
    ada = {"driver_id": "ada", "lap": 2, "position": 1, "time_ms": 85000}
    assert answer["rows"] == [
        {
            "change": "changed",
            "columns": ["time_ms"],
            "before": ada,
            "after": {**ada, "time_ms": 84999},
        },
        {
            "change": "removed",
            "columns": [],
            "before": {"driver_id": "bruno", "lap": 1, "position": 2, "time_ms": 91000},
            "after": None,
        },
        {
            "change": "added",
            "columns": [],
            "before": None,
            "after": {"driver_id": "cleo", "lap": 1, "position": 2, "time_ms": None},
        },
    ]


def test_a_correction_as_csv_has_a_row_for_each_cell(
    fresh_api: Any, corrected: dict[str, str]
) -> None:
    answer = fresh_api.get("/races/2024-spa/changes?format=csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert list(csv.reader(io.StringIO(answer.text))) == [
        ["race_id", "session", "change", "driver_id", "lap", "column", "before", "after"],
        ["2024-spa", "race", "changed", "ada", "2", "time_ms", "85000", "84999"],
        ["2024-spa", "race", "removed", "bruno", "1", "position", "2", ""],
        ["2024-spa", "race", "removed", "bruno", "1", "time_ms", "91000", ""],
        ["2024-spa", "race", "added", "cleo", "1", "position", "", "2"],
        ["2024-spa", "race", "added", "cleo", "1", "time_ms", "", ""],
    ]


def test_changes_of_a_held_capture_are_shown_before_confirmation(
    fresh_api: Any, corrected: dict[str, str]
) -> None:
    history = _laps(fresh_api.json("/races/2024-spa/provenance"))["history"]
    answer = fresh_api.json(history[0]["changes"])
    assert (answer["to"]["state"], answer["removed"], answer["added"]) == ("held", 3, 0)


def test_any_two_captures_can_be_compared(fresh_api: Any, corrected: dict[str, str]) -> None:
    params = {"from": corrected["second"], "to": corrected["first"]}
    back = fresh_api.client.get("/races/2024-spa/changes", params=params).json()
    there = fresh_api.json("/races/2024-spa/changes")
    assert [(row["before"], row["after"]) for row in back["rows"]] == [
        (row["after"], row["before"]) for row in there["rows"]
    ]


def test_a_first_capture_replaced_nothing(fresh_api: Any) -> None:
    answer = fresh_api.json(f"{MONACO}/changes")
    assert (answer["from"], answer["rows"]) == (None, [])


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/races/2024-spa/changes?resource=qualifying", "qualifying (qualifying) were never"),
        ("/races/2024-monaco/changes?from=raw/x.json", "from: 'raw/x.json' is not a capture of"),
        ("/races/2024-monaco/changes?to=raw/x.json", "to: 'raw/x.json' is not a capture of"),
        ("/captures/raw/2024/x.json", "there is no capture 'raw/2024/x.json' here"),
        ("/races/2024-monaco/provenance?driver=brun", "did you mean bruno"),
        ("/seasons/1988/corrections", "stored are"),
    ],
)
def test_unknown_datasets_are_refused_with_a_list(fresh_api: Any, path: str, message: str) -> None:
    answer = fresh_api.get(path)
    assert answer.status_code == 404
    assert message in answer.json()["detail"]


def test_a_lap_without_a_driver_is_refused(fresh_api: Any) -> None:
    answer = fresh_api.get(f"{MONACO}/provenance?lap=1")
    assert answer.status_code == 422
    assert answer.json()["detail"] == "lap: also set driver=..."


def test_rows_that_are_not_kept_have_a_hint(
    fresh_api: Any, season: Any, corrected: dict[str, str]
) -> None:
    """An older worker beside this one writes other rows and their hash, without the lines."""
    season.execute(
        "UPDATE slice_captures SET content_hash = 'x' WHERE capture_key = :key",
        key=corrected["first"],
    )
    answer = fresh_api.get("/races/2024-spa/changes")
    assert answer.status_code == 404
    assert "f1-worker reprocess --season 2024" in answer.json()["detail"]
    [correction] = fresh_api.json("/seasons/2024/corrections")["corrections"]
    assert correction["changed"] is None


def test_a_number_has_its_history(fresh_api: Any, corrected: dict[str, str]) -> None:
    [number] = fresh_api.json("/races/2024-spa/provenance?driver=ada&lap=2")["numbers"]
    assert number["identity"] == {"driver_id": "ada", "lap": 2}
    assert [(item["row"]["time_ms"], item["capture"]) for item in number["versions"]] == [
        (84999, corrected["second"]),
        (85000, corrected["first"]),
    ]
    [untouched] = fresh_api.json("/races/2024-spa/provenance?driver=ada&lap=1")["numbers"]
    assert [item["capture"] for item in untouched["versions"]] == [corrected["first"]]
    [gone] = fresh_api.json("/races/2024-spa/provenance?driver=bruno&lap=1")["numbers"]
    assert gone["versions"][0]["row"] is None


def test_a_season_lists_its_corrections(fresh_api: Any, corrected: dict[str, str]) -> None:
    answer = fresh_api.json("/seasons/2024/corrections")
    assert answer["total"] == 1
    [correction] = answer["corrections"]
    assert (correction["race_id"], correction["resource"]) == ("2024-spa", "laps")
    assert (correction["added"], correction["removed"], correction["changed"]) == (1, 1, 1)
    assert fresh_api.json(correction["changes"])["changed"] == 1


def test_a_race_that_was_moved_is_a_correction_of_the_calendar(fresh_api: Any, season: Any) -> None:
    before = "1\tMonaco Grand Prix\tmonaco\t2024-05-26\t\\N\t\\N\t{}"
    first = season.content("schedule", "2024-", 0, before)
    moved = season.content("schedule", "2024-", 0, before.replace("05-26", "06-02"), replaced=first)
    [correction] = fresh_api.json("/seasons/2024/corrections")["corrections"]
    assert (correction["race_id"], correction["capture"]) == (None, moved)
    answer = fresh_api.json(correction["changes"])
    assert answer["race"] is None
    [row] = answer["rows"]
    assert (row["columns"], row["before"]["date"], row["after"]["date"]) == (
        *(["date"], "2024-05-26"),
        "2024-06-02",
    )
    assert "changed,monaco,date,2024-05-26,2024-06-02" in (
        fresh_api.get(f"{correction['changes']}&format=csv").text
    )


def test_completeness_links_to_provenance(fresh_api: Any) -> None:
    for path, address in (
        (f"{MONACO}/lap-times", f"{MONACO}/provenance"),
        ("/seasons/2024", "/seasons/2024/provenance"),
        ("/seasons", None),
        ("/drivers/ada/stats", "/drivers/ada/provenance"),
        ("/drivers/ada/stats?season=2024", "/drivers/ada/provenance?season=2024"),
    ):
        found = fresh_api.json(path)["completeness"]["provenance"]
        assert found == address, path
        assert found is None or fresh_api.json(found)


def test_a_capture_names_its_predecessor_and_its_replacement(
    fresh_api: Any, corrected: dict[str, str]
) -> None:
    [old] = fresh_api.json(f"/captures/{corrected['first']}")["slices"]
    assert (old["applied"], old["replaced"], old["replaced_by"]) == (
        False,
        None,
        corrected["second"],
    )
    [new] = fresh_api.json(f"/captures/{corrected['second']}")["slices"]
    assert (new["applied"], new["replaced"]) == (True, corrected["first"])
    assert fresh_api.json(new["changes"])["removed"] == 1


def test_quarantined_captures_and_decisions_are_reported(fresh_api: Any, season: Any) -> None:
    quarantined = season.capture("laps", round=2, state="quarantined", reason="pages disagree")
    season.insert(
        ledger.decisions,
        {
            "capture_order": 99,
            "kind": "release",
            "capture_key": quarantined,
            "decided_by": "ada",
            "decided_at": "2024-06-02T12:00:00Z",
            "why": "looked at it",
        },
    )
    answer = fresh_api.json("/races/2024-spa/provenance")
    [refused] = answer["refused"]
    assert (refused["capture"], refused["reason"]) == (quarantined, "pages disagree")
    [decision] = answer["decisions"]
    assert (decision["kind"], decision["decided_by"], decision["why"]) == (
        "release",
        "ada",
        "looked at it",
    )
    assert decision["object"]["key"] == (
        "decisions/2024-06-02/20240602T120000Z-release-000000000099.json"
    )
    assert fresh_api.json("/races/2024-monaco/provenance")["refused"] == []


def test_figures_name_the_captures_they_are_computed_from(fresh_api: Any) -> None:
    driver = fresh_api.json("/drivers/ada/provenance")
    assert {(item["race_id"], item["resource"]) for item in driver["sources"]} == {
        ("2023-monaco", "laps"),
        ("2024-monaco", "laps"),
        ("2024-monaco", "pitstops"),
        ("2024-monaco", "results"),
        ("2024-spa", "results"),
        ("2024-spa", "sprint"),
    }
    one = fresh_api.json("/drivers/ada/provenance?season=2023")
    assert [item["race_id"] for item in one["sources"]] == ["2023-monaco"]
    season = fresh_api.json("/seasons/2024/provenance")
    assert season["total"] == 9
    assert {figure["figure"] for figure in season["formulas"]} >= {"average_lap_ms", "standings"}
    first = fresh_api.json("/seasons/2024/provenance?limit=4")
    assert len(first["sources"]) == 4
    assert len(fresh_api.json(first["next"])["sources"]) == 4
