"""Absent data has a reason in JSON and on pages, and all forms have the same figures."""

import csv
import io
import re

from archives.served_archive import ServedArchive


def test_qualifying_that_the_archive_does_not_have_is_not_missing(recorded: ServedArchive) -> None:
    season = recorded.api.json("/seasons/1997")
    qualifying = season["completeness"]["resources"]["qualifying"]
    assert (qualifying["missing"], qualifying["none"]) == (0, 7)  # rounds 11 to 17
    race = recorded.api.json("/races/1997-11")
    assert "qualifying" not in race["completeness"]["missing"]
    assert {"resource": "qualifying", "session": "qualifying", "why": "source_has_none"} in race[
        "completeness"
    ]["absent"]
    assert "The source has no qualifying of this race." in recorded.api.page("/races/1997-11")
    assert "The source has no qualifying of 7 races." in recorded.api.page("/seasons/1997")


def test_laps_truncated_from_the_archive_are_missing(recorded: ServedArchive) -> None:
    assert "laps" in recorded.api.json("/races/1997-11")["completeness"]["missing"]
    assert "lacks lap times" in recorded.api.page("/seasons/1997")


def test_a_race_without_a_sprint_had_none(recorded: ServedArchive) -> None:
    sprint = recorded.api.json("/races/2024-1/sprint")
    assert sprint["results"] is None
    assert [one["why"] for one in sprint["completeness"]["absent"]] == ["none_held"]
    assert "No sprint was held at this race." in recorded.api.page("/races/2024-1?session=sprint")
    refused = recorded.api.client.get("/races/2024-1/sprint?format=csv")
    assert refused.status_code == 404
    assert "no sprint was held" in refused.json()["detail"]


def test_no_source_has_stops_before_2011(recorded: ServedArchive) -> None:
    stops = recorded.api.json("/races/1997-1/pit-stops")
    assert [one["why"] for one in stops["completeness"]["absent"]] == ["not_available"]


def test_every_season_has_its_page(corners: ServedArchive) -> None:
    listed = corners.api.mrdata("/seasons.json", limit=1000)["SeasonTable"]["Seasons"]
    here = corners.api.json("/seasons", limit=1000)["seasons"]
    assert {one["season"]: one["url"] for one in listed} == {
        str(one["season"]): one["url"] for one in here
    }
    assert all(re.fullmatch(rf"https?://.*{one['season']}.*", one["url"] or "") for one in here)


def test_figures_name_the_same_drivers_in_every_form(recorded: ServedArchive) -> None:
    entered = {row["driver_id"] for row in recorded.api.json("/races/1997-2/results")["results"]}
    figures = recorded.api.json("/races/1997-2/aggregations")["aggregations"]
    assert {row["driver_id"] for row in figures} == entered
    assert {row["laps"] for row in recorded.api.json("/races/1997-2")["aggregations"]} == {
        row["laps"] for row in figures
    }
    for address in (
        "/races/1997-2/aggregations?format=csv",
        "/races/1997-2/datasets/aggregations.csv",
    ):
        text = recorded.api.client.get(address).text
        rows = list(csv.DictReader(io.StringIO(text)))
        assert {row["driver_id"] for row in rows} == entered, address


def test_names_are_found_without_their_accents(recorded: ServedArchive) -> None:
    for q, driver in (("elie", "bayol"), ("PEREZ", "perez"), ("hulkenberg", "hulkenberg")):
        found = {one["driver_id"] for one in recorded.api.json("/drivers", q=q)["drivers"]}
        assert driver in found
    for row in recorded.files.tables["drivers"]:
        surname = str(row["surname"])
        found = {
            one["driver_id"] for one in recorded.api.json("/drivers", q=surname.upper())["drivers"]
        }
        assert row["driverRef"] in found, surname
