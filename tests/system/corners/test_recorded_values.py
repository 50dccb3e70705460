"""The special cases of the real seasons, each with its correct value."""

from archives.served_archive import ServedArchive


def test_a_place_in_the_championship_is_not_an_entry_in_a_race(recorded: ServedArchive) -> None:
    # Twice for Haas and once for Ferrari, but also in the standings after other races.
    assert len(recorded.races("2024/drivers/bearman/races")) == 3
    assert len(recorded.races("2024/drivers/bearman/constructors/haas/races")) == 2


def test_last_and_next_follow_the_results(recorded: ServedArchive) -> None:
    # As published, 2025 has results of rounds 1 to 18.
    assert recorded.races("2025/last/results") == [("2025", "18")]
    assert recorded.races("2025/next") == [("2025", "19")]
    assert recorded.races("2024/last") == [("2024", "24")]
    assert recorded.races("2024/next") == [("2025", "1")]
    assert recorded.api.json("/races/2025-last")["race"]["round"] == 18
    assert recorded.api.json("/races/last")["race"]["race_id"] == "2025-marina_bay"
    assert recorded.api.json("/races/next")["race"]["round"] == 19


def test_an_id_with_a_capital_is_found_in_any_case(recorded: ServedArchive) -> None:
    for written in ("scott_Brown", "scott_brown", "SCOTT_BROWN"):
        assert recorded.who(f"drivers/{written}/results") == ["scott_Brown"]
        found = recorded.api.json(f"/drivers/{written}")["driver"]["driver_id"]
        assert found == "scott_Brown"


def test_gaps_are_computed_from_milliseconds_if_the_winner_has_a_gap(
    recorded: ServedArchive,
) -> None:
    first, second, *_, disqualified = recorded.results("2024/14/results")
    assert first["Time"] == {"millis": "4797566", "time": "1:19:57.566"}
    assert second["Time"] == {"millis": "4798213", "time": "+0.647"}
    assert "Time" not in disqualified
    assert recorded.times_of("2024-14")[:2] == ["1:19:57.566", "+0.647"]


def test_two_winners_of_one_car_have_its_time(recorded: ServedArchive) -> None:
    for race, time in (("1951/4", "3:22:11.000"), ("1956/1", "3:00:03.700")):
        winners = recorded.results(f"{race}/results/1")
        assert [winner["Time"]["time"] for winner in winners] == [time, time]


def test_places_are_those_of_the_classification_if_some_were_not_awarded(
    recorded: ServedArchive,
) -> None:
    # Rosberg was disqualified, and his place stayed empty: Lauda, next to the winner, was third.
    places = [recorded.who(f"1983/1/results/{place}") for place in range(1, 16)]
    assert places[:4] == [["piquet"], ["lauda"], ["laffite"], ["tambay"]]
    assert places[13:] == [["manfred_winkelhock"], []]
    (lauda,) = recorded.results("1983/1/results/2")
    assert (lauda["position"], lauda["positionText"]) == ("2", "3")


def test_ties_have_the_order_of_the_source(recorded: ServedArchive) -> None:
    rows = recorded.files.rows("driver_standings", season=2025, round=1, position=None)
    assert recorded.driver_standing("2025/1")[-6:] == [row["driverId"] for row in rows]


def test_an_excluded_driver_has_no_place_in_the_championship(recorded: ServedArchive) -> None:
    season, line = recorded.season_of("michael_schumacher", 1997)
    assert season["championship_position"] is None
    assert season["championship_position_text"] == "D"
    assert '<td class="n">D</td>' in line
