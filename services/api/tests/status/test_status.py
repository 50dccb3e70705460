"""Progress of a season, for the operator and for people."""

from typing import Any


def _resources(status: Any, race: int) -> dict[str, Any]:
    return {item["resource"]: item for item in status["races"][race]["resources"]}


def _plan(
    season: Any, owner: str, generation: int, *resources: str, race: str = "2024-monaco"
) -> None:
    for resource in resources:
        season.execute(
            "INSERT INTO expectations (owner, generation, season, race_id, resource, source, round)"
            " VALUES (:owner, :generation, 2024, :race, :resource, 'synthetic', :round)",
            owner=owner,
            generation=generation,
            race=race,
            resource=resource,
            round={"2024-monaco": 1, "2024-spa": 2}.get(race),
        )


def test_without_a_plan_due_resources_are_expected(api: Any) -> None:
    status = api.json("/seasons/2024/status")
    assert status["progress"] == "1/2"
    assert status["complete"] is False
    assert status["rounds"] == {
        "total": 2, "run": 2, "expected": 2, "ingested": 1, "processed": 1, "failed": 0,
    }  # fmt: skip
    assert status["schedule"]["state"] == "processed"
    monaco, spa = _resources(status, 0), _resources(status, 1)
    assert monaco["laps"]["state"] == "processed"
    assert monaco["laps"]["rows"] == monaco["laps"]["promised"] == 7
    assert monaco["sprint"]["state"] == "not_due"
    assert spa["laps"]["state"] == "missing"
    assert status["rows"]["laps"] == 7
    assert status["rows"]["sprint"] == 1
    assert status["expectations"] == []


def test_a_future_season_expects_nothing(api: Any) -> None:
    status = api.json("/seasons/2099/status")
    assert status["progress"] == "0/0"
    assert status["complete"] is False
    assert {item["state"] for item in _resources(status, 0).values()} == {"not_due"}


def test_a_plan_defines_the_expectations(fresh_api: Any, season: Any) -> None:
    _plan(season, "uid-1", 1, "laps", "results")
    _plan(season, "uid-1", 1, "schedule", race="")
    status = fresh_api.json("/seasons/2024/status")
    assert status["complete"] is True
    assert status["progress"] == "1/1"
    (plan,) = status["expectations"]
    assert (plan["owner"], plan["generation"]) == ("uid-1", 1)
    counted = [plan[name] for name in ("expected", "captured", "processed", "failed")]
    assert counted == [3, 3, 3, 0]
    assert _resources(status, 1)["laps"]["state"] == "not_expected"


def test_the_newest_generation_counts_by_default(fresh_api: Any, season: Any) -> None:
    _plan(season, "uid-1", 1, "laps")
    _plan(season, "uid-1", 2, "laps", race="2024-spa")
    _plan(season, "other", 7, "pitstops", race="2024-spa")
    assert fresh_api.json("/seasons/2024/status")["progress"] == "0/1"
    mine = fresh_api.json("/seasons/2024/status?owner=uid-1")
    assert [plan["generation"] for plan in mine["expectations"]] == [2]
    first = fresh_api.json("/seasons/2024/status?owner=uid-1&generation=1")
    assert first["progress"] == "1/1"
    assert first["complete"] is True


def test_an_owner_without_a_plan_expects_nothing_and_is_incomplete(api: Any) -> None:
    """The operator reads the status before the plan is written: due resources do not replace it."""
    status = api.json("/seasons/2024/status?owner=nobody")
    assert status["complete"] is False
    assert status["expectations"] == []
    assert status["progress"] == "0/0"


def test_a_plan_may_name_a_future_race(fresh_api: Any, season: Any) -> None:
    _plan(season, "uid-1", 1, "laps")
    season.execute(
        "UPDATE races SET date = current_date WHERE race_id = '2024-spa'"  # not before tomorrow
    )
    _plan(season, "uid-1", 1, "laps", race="2024-spa")
    status = fresh_api.json("/seasons/2024/status")
    assert _resources(status, 1)["laps"]["state"] == "not_due"
    assert _resources(status, 1)["laps"]["expected"] is True
    assert status["progress"] == "1/1"


def test_a_pending_capture_is_reported(fresh_api: Any, season: Any) -> None:
    season.capture("laps", round=2, state="pending", reason="waits for the schedule")
    spa = _resources(fresh_api.json("/seasons/2024/status"), 1)
    assert spa["laps"]["state"] == "pending"
    assert spa["laps"]["reason"] == "waits for the schedule"
    assert spa["laps"]["rows"] is None


def test_a_quarantined_capture_is_a_failure_with_a_reason(fresh_api: Any, season: Any) -> None:
    key = season.capture("laps", round=2, state="quarantined", reason="page 2 is cut off")
    season.capture("laps", round=24, state="quarantined", reason="no such race")
    status = fresh_api.json("/seasons/2024/status")
    assert status["failed"] == [
        {
            "race_id": "2024-spa",
            "round": 2,
            "resource": "laps",
            "state": "quarantined",
            "reason": "page 2 is cut off",
            "capture": key,
        },
        {
            "race_id": None,
            "round": 24,
            "resource": "laps",
            "state": "quarantined",
            "reason": "no such race",
            "capture": status["failed"][1]["capture"],
        },
    ]
    assert status["rounds"]["failed"] == 2
    assert status["captures"]["quarantined"] == 2


def test_a_held_correction_changes_no_answer(fresh_api: Any, season: Any) -> None:
    season.capture("laps", round=1, state="held", reason="it is empty")
    laps = _resources(fresh_api.json("/seasons/2024/status"), 0)["laps"]
    assert laps["state"] == "processed"
    assert laps["newest_state"] == "held"
    assert laps["reason"] == "it is empty"


def test_a_newer_capture_without_changes_is_not_reported(fresh_api: Any, season: Any) -> None:
    season.capture("laps", round=1, state="unchanged")
    laps = _resources(fresh_api.json("/seasons/2024/status"), 0)["laps"]
    assert laps["newest_state"] is None


def test_a_failure_ends_when_the_round_is_fetched(fresh_api: Any, season: Any) -> None:
    season.capture("laps", round=2, state="quarantined", reason="cut off")
    season.slice("laps", "2024-spa", 5, round=2)
    status = fresh_api.json("/seasons/2024/status")
    assert status["failed"] == []
    assert _resources(status, 1)["laps"]["state"] == "processed"


def test_requests_used_and_still_needed_are_reported(fresh_api: Any, season: Any) -> None:
    _plan(season, "cli", 1, "laps", "pitstops", race="2024-spa")
    season.capture("laps", round=1, requests=13)
    season.execute(
        "INSERT INTO budget_requests (source, claimant, granted_at, counts_until, burst_until)"
        " SELECT 'synthetic', '2024', now(), now(), now() FROM generate_series(1, 30)"
    )
    requests = fresh_api.json("/seasons/2024/status")["requests"]
    assert requests["spent"] == 9 + 13
    # laps cost (1 + 1 + 13) / 3, pit stops 1, on average so far
    assert requests["estimated"] == 6
    assert requests["last_hour"] == 30
    assert requests["estimated_seconds"] == 6 * 120


def test_runs_of_ingest_are_listed(fresh_api: Any, season: Any) -> None:
    season.execute(
        "INSERT INTO ingest_runs (run_id, kind, source, season, started_at, outcome, detail)"
        " VALUES ('r1', 'backfill', 'synthetic', 2024, '2024-06-01', 'failed', 'no network')"
    )
    (run,) = fresh_api.json("/seasons/2024/status")["runs"]
    assert (run["run_id"], run["outcome"], run["detail"]) == ("r1", "failed", "no network")
    (source,) = fresh_api.json("/ledger")["sources"]
    assert source["last_run"]["run_id"] == "r1"
    assert source["last_success_at"] is None


def test_a_planned_season_without_a_schedule_is_known(fresh_api: Any, season: Any) -> None:
    season.execute(
        "INSERT INTO expectations (owner, generation, season, race_id, resource, source)"
        " VALUES ('cli', 1, 2031, '', 'schedule', 'synthetic')"
    )
    status = fresh_api.json("/seasons/2031/status")
    assert status["races"] == []
    assert status["schedule"]["state"] == "missing"
    assert status["requests"]["estimated"] == 1
    assert fresh_api.get("/seasons/2032/status").status_code == 404


def test_the_ledger_in_short(fresh_api: Any, season: Any) -> None:
    season.capture("laps", round=2, state="held", reason="it is empty")
    season.capture("results", round=2, state="pending")
    ledger = fresh_api.json("/ledger")
    assert ledger["captures"]["held"] == 1
    assert ledger["attention"][0]["reason"] == "it is empty"
    assert ledger["oldest_open_seconds"] >= 0
    this = next(item for item in ledger["seasons"] if item["season"] == 2024)
    assert (this["races"], this["run"], this["processed"], this["partly"]) == (2, 2, 1, 1)
    assert (this["open"], this["needs_look"]) == (1, 1)


def test_seasons_and_their_championship(api: Any) -> None:
    assert [item["season"] for item in api.json("/seasons")["seasons"]] == [2099, 2024, 2023]
    answer = api.json("/seasons/2024")
    assert answer["season"] == {
        "season": 2024, "races": 2, "run": 2, "captured": 2, "url": "https://2024",
    }  # fmt: skip
    assert answer["standings"]["drivers_after"] == "2024-monaco"
    assert answer["standings"]["drivers"][0]["points"] == 25
    assert answer["standings"]["constructors"][0]["constructor_name"] == "North"
    assert api.json("/seasons/2099")["standings"]["drivers"] is None
    answer = api.get("/seasons/1999")
    assert answer.status_code == 404
    assert "stored are 2099, 2024, 2023" in answer.json()["detail"]
    assert api.get("/seasons/20244").status_code == 404
