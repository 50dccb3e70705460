"""Missing and absent resources of a race, with reasons; due and captured resources of seasons."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from f1_api.completeness.answers import license_of
from f1_api.completeness.models import CapturedResource
from f1_api.completeness.resources import missing
from f1_api.races.completeness import of_race
from f1_api.races.lookup import FoundRace

SUNDAY, MONDAY = date(2024, 7, 28), date(2024, 7, 29)
NAMES = ("laps", "results", "sprint")
AT = datetime(2024, 7, 28, 18, tzinfo=UTC)


def captured(
    resource: str, rows: int = 20, expected: int | None = None, session: str = "race"
) -> CapturedResource:
    return CapturedResource(resource, session, rows, expected, "jolpica", AT, f"raw/{resource}")


def race(*resources: CapturedResource, has_sprint: bool = True, season: int = 2024) -> FoundRace:
    return FoundRace(
        race_id="2024-spa", season=season, round=14, name="Belgian Grand Prix", circuit_id="spa",
        date=SUNDAY.replace(year=season), has_sprint=has_sprint, synthetic=False,
        captured=[captured("schedule", 24), *resources], dated=False,
    )  # fmt: skip


def test_uncaptured_resources_are_missing_from_the_day_after_the_race() -> None:
    """Sources need time, and the day is that at the circuit."""
    found = race(captured("results"))
    assert of_race(found, NAMES, today=SUNDAY).missing == []
    assert of_race(found, NAMES, today=SUNDAY).complete
    assert of_race(found, NAMES, today=MONDAY).missing == ["laps", "sprint"]
    assert not of_race(found, NAMES, today=MONDAY).complete
    assert of_race(found, ("results",), today=MONDAY).complete


def test_resources_that_are_due_and_not_captured_are_missing() -> None:
    names = ["results", "sprint", "laps"]
    assert missing(names, ["laps"], 2024, SUNDAY, has_sprint=False, today=MONDAY) == ["results"]
    assert missing(names, names, 2024, SUNDAY, has_sprint=True, today=MONDAY) == []
    assert missing(names, [], 2024, SUNDAY, has_sprint=True, today=SUNDAY) == []


@pytest.mark.parametrize(
    ("rows", "expected", "complete"), [(19, 20, False), (20, 20, True), (5, None, True)]
)
def test_fewer_rows_than_the_source_promised_are_not_complete(
    rows: int, expected: int | None, *, complete: bool
) -> None:
    found = race(captured("results", rows, expected))
    assert of_race(found, ("results",), today=MONDAY).complete is complete


def test_a_resource_is_missing_from_the_first_season_that_has_it() -> None:
    for season, lacking in ((1995, []), (1996, ["laps"])):
        assert of_race(race(season=season), ("laps",), today=MONDAY).missing == lacking


def test_an_answer_about_one_session_has_only_its_captures() -> None:
    found = race(captured("laps"), captured("laps", session="sprint"), captured("results"))
    names = [
        [(item.resource, item.session) for item in of.captured]
        for of in (
            of_race(found, ("laps",), session="sprint", today=MONDAY),
            of_race(found, ("laps",), session="race", today=MONDAY),
        )
    ]
    assert names == [
        [("schedule", "race"), ("laps", "sprint")],
        [("schedule", "race"), ("laps", "race")],
    ]


def test_laps_of_a_sprint_are_never_missing() -> None:
    """No source promises them."""
    of = of_race(race(), ("laps",), session="sprint", today=MONDAY)
    assert (of.missing, of.complete) == ([], True)
    assert [(one.session, one.why) for one in of.absent] == [("sprint", "not_available")]


@pytest.mark.parametrize(
    ("found", "name", "today", "why"),
    [
        (race(captured("laps", 0)), "laps", MONDAY, "source_has_none"),
        (race(has_sprint=False), "sprint", MONDAY, "none_held"),
        (race(season=1995), "laps", MONDAY, "not_available"),
        (race(season=1996), "laps", MONDAY, None),  # missing
        (race(), "laps", SUNDAY, "not_run"),
        (race(), "laps", MONDAY, None),  # missing
        (race(captured("laps")), "laps", MONDAY, None),
    ],
)
def test_absent_resources_have_a_reason(
    found: FoundRace, name: str, today: date, why: str | None
) -> None:
    absent = of_race(found, (name,), today=today).absent
    assert [(one.resource, one.why) for one in absent] == ([(name, why)] if why else [])


def test_the_version_changes_with_any_capture() -> None:
    laps, results = captured("laps"), captured("results")
    versions = [
        of_race(race(*items), NAMES, today=MONDAY).version
        for items in ((), (laps,), (results,), (laps, results))
    ]
    assert len(set(versions)) == 4


def test_the_licence_is_that_of_the_data() -> None:
    assert license_of(synthetic=None) is None
    shared, made_up = license_of(synthetic=False), license_of(synthetic=True)
    assert shared is not None
    assert made_up is not None
    assert (shared.name, made_up.name) == (*("CC BY-NC-SA 4.0", "synthetic data, no restrictions"),)


def test_races_count_as_run_on_their_day_and_are_due_from_the_next(
    fresh_api: Any, season: Any
) -> None:
    def of_2099(day: str) -> tuple[int, int, int]:
        season.execute(f"UPDATE races SET date = {day} WHERE season = 2099")
        coverage = fresh_api.json("/races?season=2099")["completeness"]
        return coverage["races"], coverage["run"], coverage["resources"]["results"]["due"]

    today = "CAST(now() AT TIME ZONE 'UTC' AS date)"
    assert of_2099(f"{today} + 1") == (1, 0, 0)
    assert of_2099(today) == (1, 1, 0)
    assert of_2099(f"{today} - 1") == (1, 1, 1)


def test_a_resource_is_due_from_the_first_season_that_has_it(fresh_api: Any, season: Any) -> None:
    """No source has lap times from before 1996."""
    due = {}
    for year in (1995, 1996):
        season.execute(f"INSERT INTO seasons (season) VALUES ({year})")
        season.execute(
            "INSERT INTO races (race_id, season, round, name, circuit_id, date, sessions)"
            f" VALUES ('{year}-monaco', {year}, 1, 'Race', 'monaco', '{year}-05-19', '{{}}')"
        )
        resources = fresh_api.json(f"/races?season={year}")["completeness"]["resources"]
        due[year] = (resources["laps"]["due"], resources["results"]["due"])
    assert due == {1995: (0, 1), 1996: (1, 1)}


def test_rows_fewer_than_promised_show_in_a_season(fresh_api: Any, season: Any) -> None:
    of_2024 = "race_id LIKE '2024%'"
    season.execute(f"DELETE FROM races WHERE NOT {of_2024} OR race_id = '2024-spa'")
    assert fresh_api.json("/races?season=2024")["completeness"]["complete"] is True
    season.execute("UPDATE slices SET expected = rows")
    assert fresh_api.json("/races?season=2024")["completeness"]["complete"] is True
    season.execute("UPDATE slices SET expected = rows + 1 WHERE resource = 'laps'")
    assert fresh_api.json("/races?season=2024")["completeness"]["complete"] is False


def test_laps_of_a_sprint_do_not_count_for_the_race(fresh_api: Any, season: Any) -> None:
    before = fresh_api.json("/races?season=2024")["completeness"]["resources"]["laps"]
    assert "2024-spa" in before["missing_races"]
    columns = "season, resource, capture_key, source, capture_order, fetched_at, seen_at, rows"
    more = "content_hash, parser_version"
    season.execute(
        f"INSERT INTO slices (race_id, session, {columns}, {more})"
        f" SELECT '2024-spa', 'sprint', {columns}, {more} FROM slices"
        " WHERE race_id = '2024-monaco' AND resource = 'laps'"
    )
    after = fresh_api.json("/races?season=2024")["completeness"]["resources"]["laps"]
    assert after == before


def test_the_first_twenty_missing_races_are_named(fresh_api: Any, season: Any) -> None:
    season.execute("INSERT INTO seasons (season) VALUES (2021)")
    season.execute(
        "INSERT INTO races (race_id, season, round, name, circuit_id, date, sessions)"
        " SELECT '2021-' || n, 2021, n, 'Race', 'monaco', CAST('2021-03-01' AS date) + 7 * n, '{}'"
        " FROM generate_series(1, 22) AS n"
    )
    results = fresh_api.json("/races?season=2021")["completeness"]["resources"]["results"]
    assert results["missing"] == 22
    assert results["missing_races"] == [f"2021-{number}" for number in range(1, 21)]


def test_a_season_without_races_is_not_complete(fresh_api: Any) -> None:
    found = fresh_api.json("/races?season=1999")["completeness"]
    assert (found["races"], found["complete"]) == (0, False)
