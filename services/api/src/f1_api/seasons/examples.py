"""Examples of answers about seasons."""

from datetime import date

from f1_api.completeness.examples import FETCHED, LICENSE, captured, coverage
from f1_api.races.examples import RACE
from f1_api.seasons.models import (
    ConstructorForm,
    ConstructorStanding,
    DriverForm,
    DriverStanding,
    Season,
    SeasonAnswer,
    SeasonForm,
    SeasonList,
    Standings,
)
from f1_api.status.examples import QUARANTINED, RUN
from f1_api.status.models import (
    CaptureCounts,
    Expectations,
    FailedResource,
    RaceStatus,
    Requests,
    ResourceStatus,
    RoundCounts,
    SeasonStatus,
)

_SEASON = Season(2024, 24, 8, 8, "https://example.org/2024")
season_list = SeasonList([_SEASON], 1, None, coverage("laps", "results"), LICENSE, synthetic=False)
season_answer = SeasonAnswer(
    season=_SEASON,
    races=[RACE],
    standings=Standings(
        drivers_after="2024-monaco",
        drivers=[
            DriverStanding(1, "1", "ada_falk", "Ada Falk", ["northwind"], ["Northwind"], 147.0, 3)
        ],
        constructors_after="2024-monaco",
        constructors=[ConstructorStanding(1, "1", "northwind", "Northwind", 251.0, 4)],
    ),
    form=SeasonForm(
        [
            DriverForm(
                driver_id="ada_falk",
                driver_code="FAL",
                driver_name="Ada Falk",
                constructor_ids=["northwind"],
                positions=["1"],
                points=[25.0],
                total=25.0,
                sprint_points=0.0,
                championship_points=147.0,
            )
        ],
        [
            ConstructorForm(
                constructor_id="northwind",
                constructor_name="Northwind",
                points=[33.0],
                total=33.0,
                sprint_points=0.0,
                championship_points=251.0,
            )
        ],
    ),
    completeness=coverage("laps", "results"),
    license=LICENSE,
    synthetic=False,
)


def _resource(resource: str, rows: int) -> ResourceStatus:
    capture = captured(resource, rows)
    return ResourceStatus(
        resource=resource,
        session="race",
        expected=True,
        state="processed",
        rows=rows,
        promised=rows,
        source="jolpica",
        fetched_at=FETCHED,
        seen_at=FETCHED,
        capture=capture.capture,
        newest_state=None,
        newest_capture=None,
        reason=None,
    )


season_status = SeasonStatus(
    season=2024,
    complete=False,
    progress="7/8",
    rounds=RoundCounts(total=24, run=8, expected=8, ingested=8, processed=7, failed=1),
    schedule=_resource("schedule", 24),
    races=[
        RaceStatus(
            race_id="2024-monaco",
            round=8,
            name="Grand Prix of the Harbour",
            date=date(2024, 5, 26),
            run=True,
            ingested=True,
            processed=True,
            resources=[_resource("laps", 1237), _resource("results", 20)],
        )
    ],
    failed=[
        FailedResource(
            "2024-imola",
            7,
            "laps",
            "quarantined",
            "page 3 promises 1,220 rows, page 1 promised 1,225",
            QUARANTINED,
        )
    ],
    captures=CaptureCounts(processed=46, unchanged=4, quarantined=1),
    rows={"laps": 7700, "pitstops": 241, "results": 160, "qualifying": 160, "sprint": None},
    requests=Requests(spent=119, estimated=0, last_hour=119, estimated_seconds=0),
    expectations=[
        Expectations("cli", 1, FETCHED, "jolpica", expected=50, captured=50, processed=49, failed=1)
    ],
    runs=[RUN],
    license=LICENSE,
    synthetic=False,
)
