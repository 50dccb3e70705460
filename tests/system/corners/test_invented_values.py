"""The special cases of the invented archive, each with its correct value."""

import re

from archives.served_archive import ServedArchive


def test_a_place_in_the_championship_is_not_an_entry_in_a_race(invented: ServedArchive) -> None:
    assert invented.races("drivers/hal_stands/races") == []
    seasons = invented.api.mrdata("/drivers/hal_stands/seasons.json")["SeasonTable"]["Seasons"]
    assert [season["season"] for season in seasons] == ["1951"]
    assert invented.races("1951/drivers/finn_falk/races") == [("1951", "1")]
    assert invented.races("2025/constructors/Bolt_GP/races") == [("2025", "1"), ("2025", "3")]
    circuits = invented.api.mrdata("/2025/drivers/elie_costa/circuits.json")
    assert circuits["total"] == "0"


def test_last_and_next_follow_the_results(invented: ServedArchive) -> None:
    # Round 2 of 2025 has no results, so later ones do not count.
    assert invented.races("2025/last/results") == [("2025", "1")]
    assert invented.races("2025/next") == [("2025", "2")]
    assert invented.races("2024/last") == [("2024", "1")]
    assert invented.races("2024/next") == [("2025", "1")]
    assert invented.api.json("/races/last")["race"]["round"] == 1
    assert invented.api.json("/races/2025-next")["race"]["round"] == 2


def test_ids_with_capitals_are_found_in_any_case(invented: ServedArchive) -> None:
    for written in ("dora_McKay", "dora_mckay", "DORA_MCKAY"):
        (one,) = invented.api.json("/races/2011-1/aggregations", driver=written)["aggregations"]
        assert one["driver_id"] == "dora_McKay"
        assert invented.api.json("/races/2011-1/lap-times", driver=written)["total"] == 3
        assert invented.api.json(f"/drivers/{written}/stats")["driver"]["driver_id"] == "dora_McKay"
        assert len(invented.who(f"drivers/{written}/results")) == 8
    for written in ("1951-Sand_Bay", "1951-sand_bay", "1951-SAND_BAY"):
        assert invented.api.json(f"/races/{written}")["race"]["race_id"] == "1951-Sand_Bay"
    for written in ("Sand_Bay", "sand_bay"):
        assert invented.api.json("/races", circuit=written)["total"] == 3
        assert len(invented.races(f"circuits/{written}/races")) == 3
    for written in ("Bolt_GP", "bolt_gp"):
        assert len(invented.who(f"2025/constructors/{written}/results")) == 2
        standings = invented.api.mrdata(f"/2025/constructors/{written}/constructorStandings.json")
        assert standings["total"] == "1"


def test_every_link_of_the_lists_has_a_target(invented: ServedArchive) -> None:
    for page in ("/drivers", "/races", "/seasons/1951", "/races/1951-Sand_Bay"):
        links = re.findall(r'href="(/(?:drivers|races|seasons)/[^"#?]+)"', invented.api.page(page))
        assert links, page
        for link in set(links):
            assert invented.api.client.get(link).status_code == 200, (page, link)


def test_gaps_are_computed_from_milliseconds_if_the_winner_has_a_gap(
    invented: ServedArchive,
) -> None:
    first, second, third, *_, disqualified = invented.results("2024/1/results")
    assert first["Time"] == {"millis": "4797566", "time": "1:19:57.566"}
    assert second["Time"] == {"millis": "4798213", "time": "+0.647"}
    assert third["Time"]["time"] == "+1:02.485"
    assert "Time" not in disqualified
    assert invented.times_of("2024-1")[:2] == ["1:19:57.566", "+0.647"]
    first, second, disqualified = invented.results("2024/1/sprint")
    assert (first["Time"]["time"], second["Time"]["time"]) == ("25:02.000", "+1.500")
    assert "Time" not in disqualified


def test_two_winners_of_one_car_have_its_time(invented: ServedArchive) -> None:
    winners = invented.results("1951/1/results/1")
    assert [winner["Time"]["time"] for winner in winners] == ["3:22:11.000"] * 2


def test_places_are_those_of_the_classification_if_some_were_not_awarded(
    invented: ServedArchive,
) -> None:
    places = [invented.who(f"1983/1/results/{place}") for place in range(1, 6)]
    assert places == [["erik_adler"], ["eric_brun"], ["elie_costa"], ["dora_McKay"], []]
    drivers = invented.api.mrdata("/1983/1/results/2/drivers.json")["DriverTable"]["Drivers"]
    assert [driver["driverId"] for driver in drivers] == ["eric_brun"]


def test_ties_have_the_order_of_the_source(invented: ServedArchive) -> None:
    assert invented.driver_standing("2025/1")[2:] == ["omer_ekin", "finn_falk", "elie_costa"]
    assert invented.driver_standing("2025")[2:] == ["omer_ekin", "elie_costa", "finn_falk"]
    assert invented.driver_standing("1951/2")[5:] == ["hal_stands", "gina_gallo"]
    season = invented.api.json("/seasons/2025")["standings"]["drivers"]
    assert [row["driver_id"] for row in season[2:]] == ["omer_ekin", "elie_costa", "finn_falk"]


def test_an_excluded_driver_has_no_place_in_the_championship(invented: ServedArchive) -> None:
    season, line = invented.season_of("finn_falk", 1997)
    assert season["championship_position"] is None
    assert season["championship_position_text"] == "D"
    assert '<td class="n">D</td>' in line
