"""Plots of real races: 40 minutes behind a red flag, laps without a time, ties."""

import re
from datetime import date
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from f1_api.plots.frame import LETTER, WIDTH, Figure, apart
from f1_api.plots.looks import looks_of
from f1_api.races.lookup import FoundRace
from f1_api.races.models import Lap, PitStop, Result
from f1_api.races.plots import lap_plots
from f1_api.races.plots.stint_plot import stints
from f1_api.races.race_session import Entrant, RaceSession

RACE = FoundRace(
    race_id="2024-oslo",
    season=2024,
    round=1,
    name="Grand Prix of <Oslo> & around",
    circuit_id="oslo",
    date=date(2024, 5, 5),
    has_sprint=False,
    synthetic=True,
    captured=[],
    dated=False,
)
Times = dict[str, list[int | None]]


def session_of(times: Times, *, stops: dict[str, list[PitStop]] | None = None) -> RaceSession:
    """A session with these lap times, in milliseconds; positions are by the sum of them."""
    laps = {
        driver: [Lap(driver, lap, None, time) for lap, time in enumerate(own, 1)]
        for driver, own in times.items()
    }
    return _session(laps, stops)


def _session(laps: dict[str, list[Lap]], stops: dict[str, list[PitStop]] | None) -> RaceSession:
    members = {*laps, *(stops or {})}
    looks = looks_of((driver, driver[0]) for driver in sorted(members))
    entrants = [
        Entrant(driver, driver.upper(), f"Søren <{driver}>", looks[driver], picked=False)
        for driver in sorted(members)
    ]
    return RaceSession(RACE, "race", entrants, None, laps, stops)


def figure_of(figure: Figure | None) -> Figure:
    """The figure, which must exist, be well-formed and have an accessible name."""
    assert figure is not None
    root = ET.fromstring(str(figure.svg))
    assert root.get("role") == "img"
    named = {element.get("id"): element.text for element in root}
    names = root.get("aria-labelledby", "").split()
    assert names
    assert all(named[name] for name in names)
    assert not re.search(r"\b(nan|inf)\b", figure.svg)
    return figure


def drawn(svg: Markup, driver: str) -> str:
    """The path of a driver's line."""
    found = re.search(rf"<title>Søren &lt;{driver}&gt;.*?<path id=\"[^\"]*\" d=\"([^\"]*)\"", svg)
    assert found is not None
    return found[1]


def test_a_red_flag_does_not_flatten_all_other_laps() -> None:
    session = session_of({"a": [90_000, 91_000, 2_400_000, 90_500], "b": [92_000] * 4})
    figure = figure_of(lap_plots.trace(session))
    assert figure.note == "Off the plot, of 8 lap times: 1 slower than 1:32.000, up to 40:00.000."
    assert ">1:31.0<" in figure.svg
    assert ">40:00<" not in figure.svg
    assert drawn(figure.svg, "a").count("M") == 2  # a gap, where there is a tick at the edge


def test_a_lap_without_a_time_is_a_gap() -> None:
    figure = figure_of(lap_plots.trace(session_of({"a": [90_000, None, 91_000], "b": [90_000]})))
    assert drawn(figure.svg, "a").count("M") == 2
    assert figure.note == "All laps are on the plot."


def test_a_lap_that_is_missing_is_a_gap_too() -> None:
    laps = {"a": [Lap("a", 1, 1, 90_000), Lap("a", 3, 1, 91_000)]}
    assert drawn(figure_of(lap_plots.trace(_session(laps, None))).svg, "a").count("M") == 2
    assert drawn(figure_of(lap_plots.positions(_session(laps, None))).svg, "a").count("M") == 2


def test_gaps_are_sums_for_as_long_as_they_can_be_added_up() -> None:
    session = session_of({"a": [90_000, 90_000, 90_000], "b": [91_000, None, 90_000]})
    figure = figure_of(lap_plots.gaps(session))
    assert "where a lap has no time to add to: 1." in figure.note
    assert "Søren &lt;b&gt;: 1.000 s behind at the end" in figure.svg


def test_gaps_to_a_leader_without_a_time_are_unknown() -> None:
    laps = {
        "a": [Lap("a", 1, 1, None), Lap("a", 2, 1, 90_000)],
        "b": [Lap("b", 1, 2, 91_000), Lap("b", 2, 2, 91_000)],
        "c": [Lap("c", 1, 3, 92_000), Lap("c", 2, 3, 92_000)],
    }
    assert lap_plots.gaps(_session(laps, None)) is None


def test_positions_start_at_the_grid_and_name_the_leaders() -> None:
    laps = {
        "a": [Lap("a", 1, 2, 1), Lap("a", 2, 1, 1)],
        "b": [Lap("b", 1, 1, 1), Lap("b", 2, None, 1)],
    }
    session = _session(laps, None)._replace(results=[_result("a", grid=2), _result("b", grid=0)])
    figure = figure_of(lap_plots.positions(session))
    assert figure.note.startswith(
        "Laps in front: B 1, A 1. Lap 0 is the grid. Laps without a position: 1."
    )
    assert "from 2 to 1" in figure.svg
    assert drawn(figure.svg, "a").count("l") == 2  # from the grid, over lap 1, to lap 2
    assert drawn(figure.svg, "b").count("l") == 0  # from the pit lane: no place on the grid
    assert "Lap 1: B A" in figure.svg


def test_a_race_of_one_lap_has_its_points_beside_their_labels() -> None:
    """As at Spa 2021, where one lap behind the safety car counted."""
    figure = figure_of(lap_plots.trace(session_of({"a": [207_071], "b": [209_066]})))
    assert drawn(figure.svg, "a").startswith("M842 ")


def test_long_labels_and_ticks_are_not_cut_off() -> None:
    """The second of two drivers with the same code has a name as label."""
    session = session_of({"a": [123_456], "b": [123_460]}, stops={})
    session = session._replace(
        entrants=[one._replace(label="Fittipal") for one in session.entrants]
    )
    figures = (
        stints(session),
        lap_plots.gaps(session),
        lap_plots.trace(session),
        lap_plots.spread(session),
    )
    for figure in figures:
        svg = str(figure_of(figure).svg)
        ends = re.findall(r'<text class="end" x="([\d.]+)"[^>]*>([^<]*)<', svg)
        ends += re.findall(
            r'<text x="([\d.]+)"[^>]*>([^<]*)<', "".join(re.findall(r'"tick end">.*?</g>', svg))
        )
        starts = re.findall(r'<text x="([\d.]+)"[^>]*>(Fittipal)<', svg)
        assert ends or starts
        assert all(float(x) >= LETTER * len(text) for x, text in ends)
        assert all(float(x) + LETTER * len(text) <= WIDTH for x, text in starts)


def test_without_any_position_or_time_there_is_no_plot() -> None:
    session = session_of({"a": [None, None]})
    for draw in (lap_plots.positions, lap_plots.trace, lap_plots.gaps, lap_plots.spread, stints):
        assert draw(session) is None


def test_stints_go_from_stop_to_stop() -> None:
    stops = {
        "a": [PitStop("a", 1, 2, None, 22_500, None), PitStop("a", 2, 2, None, None, "")],
        "b": [PitStop("b", 1, 9, None, 2_455_302, "40:55.302")],
    }
    figure = figure_of(stints(session_of({"a": [1] * 5}, stops=stops)))
    assert "stint 1: laps 1 to 2, then a stop of 22.500" in figure.svg
    assert "stint 3: laps 3 to 5" in figure.svg
    assert "stint 1: laps 1 to 9, then a stop of 40:55.302" in figure.svg
    assert figure.note.startswith("3 stops.")


def test_a_part_of_the_laps_is_shown_alone() -> None:
    times = {"a": [150_000, *[90_000 + 100 * lap for lap in range(9)]], "b": [91_000] * 10}
    session = session_of(times)._replace(requested=(4, 7))  # type: ignore[arg-type]
    figure = figure_of(lap_plots.trace(session))
    assert drawn(figure.svg, "a").count("l") == 3
    assert "laps 4 to 7, 8 lap times" in figure.svg
    gaps = figure_of(lap_plots.gaps(session))
    assert "a&gt;: 54.500 s behind" in gaps.svg  # lap 1 still counts


@given(
    st.dictionaries(
        st.sampled_from([f"{team}{n}" for team in "abcdefghijklmn" for n in range(3)]),
        st.lists(
            st.none() | st.integers(min_value=0, max_value=20_000_000), min_size=1, max_size=6
        ),
        min_size=1,
    )
)
def test_any_laps_can_be_drawn(times: Times) -> None:
    session = session_of(times, stops={})
    for draw in (lap_plots.trace, lap_plots.gaps, lap_plots.spread, stints):
        figure = draw(session)
        if figure is not None:
            figure_of(figure)


def _result(driver: str, *, grid: int) -> Result:
    fields = dict.fromkeys(Result.__struct_fields__)
    known = {"driver_id": driver, "constructor_id": "x", "grid": grid, "laps": 2}
    return Result(**{**fields, **known})  # type: ignore[arg-type]


@given(st.lists(st.floats(-50, 150), max_size=40))
def test_labels_do_not_overlap(places: list[float]) -> None:
    placed = apart(places, 5, 0, 100)
    assert len(placed) == len(places)
    assert all(-1e-6 <= place <= 100 + 1e-6 for place in placed)
    distance = min(5, 100 / max(1, len(places) - 1))
    ordered = sorted(placed)
    assert all(after - before >= distance - 1e-6 for before, after in pairwise(ordered))


@pytest.mark.parametrize("number", [1, 5, 26, 70])
def test_every_driver_looks_different(number: int) -> None:
    """Up to 20 drivers of ten teams, or 40 of more teams; others differ by labels and legend."""
    looks = looks_of((f"d{n}", f"team {n // 2}") for n in range(number))
    seen = {(look.colour, look.dash) for look in looks.values()}
    assert len(seen) == min(number, 40)
    assert looks["d0"].colour == looks.get("d1", looks["d0"]).colour
