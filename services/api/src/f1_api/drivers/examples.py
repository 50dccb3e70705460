"""Examples of answers about drivers."""

from datetime import date

from msgspec import structs

from f1_api.completeness.examples import LICENSE, coverage
from f1_api.drivers.models import (
    Driver,
    DriverAnswer,
    DriverList,
    DriverRace,
    DriverSeason,
    Figures,
    Stats,
)

ADA = Driver("ada_falk", 7, "FAL", "Ada", "Falk", date(1996, 3, 9), "Norwegian", None)
_BRUNO = Driver("bruno_keller", 21, "KEL", "Bruno", "Keller", date(1999, 11, 2), "Swiss", None)
driver_list = DriverList(
    [ADA, _BRUNO], 2, None, coverage("laps", "qualifying", "results"), LICENSE, synthetic=False
)
_OF_DRIVER = ("driverstandings", "laps", "pitstops", "results", "sprint")
_FIGURES = Figures(
    season=2024,
    races=8,
    entries=8,
    starts=8,
    races_with_results=8,
    races_with_laps=7,
    races_with_pit_stops=8,
    laps=489,
    timed_laps=489,
    total_ms=44871204,
    average_lap_ms=91761.15337423313,
    fastest_lap_ms=74569,
    fastest_lap=63,
    fastest_lap_race_id="2024-monaco",
    pit_stops=13,
    pit_time_ms=310422,
    wins=3,
    podiums=6,
    poles=2,
    points=147.0,
    race_points=139.0,
    sprint_points=8.0,
    championship_points=147.0,
    championship_seasons=1,
)
driver_answer = DriverAnswer(
    driver=ADA,
    seasons=[DriverSeason(2024, 8, ["northwind"], 1, "1")],
    total=structs.replace(_FIGURES, season=None),
    by_season=[_FIGURES],
    races=[
        DriverRace(
            race_id="2024-monaco",
            season=2024,
            round=8,
            name="Grand Prix of the Harbour",
            date=date(2024, 5, 26),
            constructor_id="northwind",
            constructor_name="Northwind",
            grid=1,
            position=1,
            position_text="1",
            points=25.0,
            sprint_points=None,
            laps=78,
            status="Finished",
            started=True,
            shared_with=[],
        )
    ],
    completeness=coverage(*_OF_DRIVER, of_driver=True),
    license=LICENSE,
    synthetic=False,
)
stats = Stats(
    driver=ADA,
    by="season",
    session="race",
    total=structs.replace(_FIGURES, season=None),
    rows=[_FIGURES],
    completeness=coverage(*_OF_DRIVER, of_driver=True),
    license=LICENSE,
    synthetic=False,
)
