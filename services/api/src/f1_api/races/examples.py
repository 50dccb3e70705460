"""Examples of answers about races."""

from datetime import date

from f1_api.completeness.examples import LICENSE, captured, completeness, coverage
from f1_api.races.models import (
    Aggregation,
    Aggregations,
    Circuit,
    Lap,
    LapTimes,
    PitStop,
    PitStops,
    Qualifying,
    QualifyingResult,
    Race,
    RaceAnswer,
    RaceDetail,
    RaceList,
    RaceSummary,
    Result,
    Results,
    Session,
    Winner,
)

RACE_SUMMARY = RaceSummary(
    "2024-monaco", 2024, 8, "Grand Prix of the Harbour", "monaco", date(2024, 5, 26)
)
RACE = Race(
    race_id="2024-monaco",
    season=2024,
    round=8,
    name="Grand Prix of the Harbour",
    circuit_id="monaco",
    date=date(2024, 5, 26),
    time="13:00:00Z",
    captured=["laps", "qualifying", "results"],
    missing=["constructorstandings", "driverstandings", "pitstops"],
    has_sprint=False,
    winners=[Winner("ada_falk", "Ada Falk", "northwind", "Northwind")],
)
race_list = RaceList(
    races=[RACE],
    total=24,
    next="/races?season=2024&limit=1&cursor=AAABmPZ2u0c8cM3_",
    completeness=coverage("laps", "results"),
    license=LICENSE,
    synthetic=False,
)
lap_times = LapTimes(
    race=RACE_SUMMARY,
    session="race",
    laps=[Lap("ada_falk", 1, 1, 82310), Lap("ada_falk", 2, 1, 79844)],
    total=2,
    next=None,
    completeness=completeness(captured("laps", 1237)),
    license=LICENSE,
    synthetic=False,
)
_WINNER = Result(
    position=1,
    position_text="1",
    number="7",
    driver_id="ada_falk",
    driver_code="FAL",
    driver_name="Ada Falk",
    constructor_id="northwind",
    constructor_name="Northwind",
    points=25.0,
    grid=1,
    laps=78,
    status="Finished",
    time_ms=8593412,
    time="2:23:13.412",
    fastest_lap_rank=2,
    fastest_lap=63,
    fastest_lap_time_ms=74569,
    fastest_lap_speed_kph=161.1,
    started=True,
)
results = Results(
    RACE_SUMMARY,
    "race",
    [_WINNER],
    20,
    "/races/2024-8/results?limit=1&cursor=AAABDm-4gQYj4Osb",
    completeness(captured("results", 20)),
    LICENSE,
    synthetic=False,
)
sprint = Results(
    RACE_SUMMARY,
    "sprint",
    None,
    None,
    None,
    completeness(),
    LICENSE,
    synthetic=False,
)
qualifying = Qualifying(
    RACE_SUMMARY,
    "qualifying",
    [
        QualifyingResult(
            position=1,
            number="7",
            driver_id="ada_falk",
            driver_code="FAL",
            driver_name="Ada Falk",
            constructor_id="northwind",
            constructor_name="Northwind",
            q1_ms=71984,
            q2_ms=70887,
            q3_ms=70270,
        )
    ],
    1,
    None,
    completeness(captured("qualifying", 20, "qualifying")),
    LICENSE,
    synthetic=False,
)
pit_stops = PitStops(
    RACE_SUMMARY,
    "race",
    [PitStop("bruno_keller", 1, 31, "15:53:20", 24611, "24.611")],
    1,
    None,
    completeness(captured("pitstops", 31)),
    LICENSE,
    synthetic=False,
)
aggregations = Aggregations(
    RACE_SUMMARY,
    "race",
    [
        Aggregation(
            driver_id="ada_falk",
            laps=78,
            timed_laps=78,
            total_ms=8593412,
            average_lap_ms=110171.94871794872,
            fastest_lap_ms=74569,
            fastest_lap=63,
            pit_stops=1,
            pit_time_ms=24950,
        )
    ],
    1,
    None,
    completeness(captured("laps", 1237), captured("pitstops", 31)),
    LICENSE,
    synthetic=False,
)
race_answer = RaceAnswer(
    race=RaceDetail(
        race_id="2024-monaco",
        season=2024,
        round=8,
        name="Grand Prix of the Harbour",
        date=date(2024, 5, 26),
        time="13:00:00Z",
        url="https://example.org/2024-monaco",
        circuit=Circuit(
            "monaco", "Circuit of the Harbour", "Monte Carlo", "Monaco", 43.7347, 7.42056, None
        ),
        sessions={"Qualifying": Session("2024-05-25", "14:00:00Z")},
    ),
    session="race",
    results=[_WINNER],
    aggregations=aggregations.aggregations,
    completeness=completeness(
        captured("laps", 1237), captured("results", 20), missing=("pitstops",)
    ),
    license=LICENSE,
    synthetic=False,
)
