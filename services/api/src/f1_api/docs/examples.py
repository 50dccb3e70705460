"""An example of every answer, for the documentation. The people and races are made up.

They are instances of the models, so that they cannot be of another shape than what is answered.
"""

from datetime import UTC, date, datetime

from msgspec import structs

from f1_api.completeness.answers import license_of
from f1_api.completeness.models import (
    CapturedResource,
    Completeness,
    Coverage,
    DriverCoverage,
    ResourceCoverage,
)
from f1_api.datasets.models import DatasetFile, Datasets, Snapshot
from f1_api.drivers.models import (
    Driver,
    DriverAnswer,
    DriverList,
    DriverRace,
    DriverSeason,
    Figures,
    Stats,
)
from f1_api.ergast.models import ErgastAnswer, ErgastData
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
from f1_api.status.models import (
    CaptureCounts,
    Expectations,
    FailedResource,
    IngestRun,
    LedgerAnswer,
    LedgerCapture,
    RaceStatus,
    RequestBudget,
    Requests,
    ResourceStatus,
    RoundCounts,
    SeasonProgress,
    SeasonStatus,
    SourceSummary,
    StatusAnswer,
)
from f1_api.status.objective_models import Answers, Objectives, ProcessingLag, ScheduledRuns
from f1_api.status.probe_models import DatabaseHealth, Health, Liveness, Readiness

_FETCHED = datetime(2024, 5, 26, 18, 2, 11, tzinfo=UTC)
_LICENSE = license_of(synthetic=False)
_SUMMARY = RaceSummary(
    "2024-monaco", 2024, 8, "Grand Prix of the Harbour", "monaco", date(2024, 5, 26)
)
_ADA = Driver("ada_falk", 7, "FAL", "Ada", "Falk", date(1996, 3, 9), "Norwegian", None)
_BRUNO = Driver("bruno_keller", 21, "KEL", "Bruno", "Keller", date(1999, 11, 2), "Swiss", None)


def _captured(
    resource: str, rows: int, session: str = "race", order: int = 812
) -> CapturedResource:
    round_ = "00" if resource == "schedule" else "08"
    key = f"raw/2024-05-26/jolpica/20240526T180204Z-2024-{round_}-{resource}-{order:012d}.json"
    return CapturedResource(resource, session, rows, rows, "jolpica", _FETCHED, key)


def _completeness(*resources: CapturedResource, missing: tuple[str, ...] = ()) -> Completeness:
    schedule = _captured("schedule", 24, order=790)
    address = "/races/2024-monaco/provenance"
    version = "9b1de2f04c7a55e1"
    return Completeness(not missing, [*resources, schedule], list(missing), version, address)


def _coverage(*names: str, of_driver: bool = False) -> Coverage:
    resources = {
        name: ResourceCoverage(8, 7, 7700, 1, ["2024-imola"])
        if name == "laps"
        else ResourceCoverage(8, 8, 160, 0, [])
        for name in names
    }
    version, address = "1c88a0d3b6f2e947", "/seasons/2024/provenance"
    own = {
        "results": DriverCoverage(8, 8),
        "laps": DriverCoverage(8, 7),
        "pitstops": DriverCoverage(8, 8),
    }
    known = own if of_driver else None
    return Coverage("laps" not in names, 24, 8, resources, version, address, known)


_RACE = Race(
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
    races=[_RACE],
    total=24,
    next="/races?season=2024&limit=1&cursor=AAABmPZ2u0c8cM3_",
    completeness=_coverage("laps", "results"),
    license=_LICENSE,
    synthetic=False,
)
lap_times = LapTimes(
    race=_SUMMARY,
    session="race",
    laps=[Lap("ada_falk", 1, 1, 82310), Lap("ada_falk", 2, 1, 79844)],
    total=2,
    next=None,
    completeness=_completeness(_captured("laps", 1237)),
    license=_LICENSE,
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
    _SUMMARY,
    "race",
    [_WINNER],
    20,
    "/races/2024-8/results?limit=1&cursor=AAABDm-4gQYj4Osb",
    _completeness(_captured("results", 20)),
    _LICENSE,
    synthetic=False,
)
sprint = Results(
    _SUMMARY,
    "sprint",
    None,
    None,
    None,
    _completeness(),
    _LICENSE,
    synthetic=False,
)
qualifying = Qualifying(
    _SUMMARY,
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
    _completeness(_captured("qualifying", 20, "qualifying")),
    _LICENSE,
    synthetic=False,
)
pit_stops = PitStops(
    _SUMMARY,
    "race",
    [PitStop("bruno_keller", 1, 31, "15:53:20", 24611, "24.611")],
    1,
    None,
    _completeness(_captured("pitstops", 31)),
    _LICENSE,
    synthetic=False,
)
aggregations = Aggregations(
    _SUMMARY,
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
    _completeness(_captured("laps", 1237), _captured("pitstops", 31)),
    _LICENSE,
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
    completeness=_completeness(
        _captured("laps", 1237), _captured("results", 20), missing=("pitstops",)
    ),
    license=_LICENSE,
    synthetic=False,
)
driver_list = DriverList(
    [_ADA, _BRUNO], 2, None, _coverage("laps", "qualifying", "results"), _LICENSE, synthetic=False
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
    driver=_ADA,
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
    completeness=_coverage(*_OF_DRIVER, of_driver=True),
    license=_LICENSE,
    synthetic=False,
)
stats = Stats(
    driver=_ADA,
    by="season",
    session="race",
    total=structs.replace(_FIGURES, season=None),
    rows=[_FIGURES],
    completeness=_coverage(*_OF_DRIVER, of_driver=True),
    license=_LICENSE,
    synthetic=False,
)
_SEASON = Season(2024, 24, 8, 8, "https://example.org/2024")
season_list = SeasonList(
    [_SEASON], 1, None, _coverage("laps", "results"), _LICENSE, synthetic=False
)
season_answer = SeasonAnswer(
    season=_SEASON,
    races=[_RACE],
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
    completeness=_coverage("laps", "results"),
    license=_LICENSE,
    synthetic=False,
)


def _resource(resource: str, rows: int) -> ResourceStatus:
    capture = _captured(resource, rows)
    return ResourceStatus(
        resource=resource,
        session="race",
        expected=True,
        state="processed",
        rows=rows,
        promised=rows,
        source="jolpica",
        fetched_at=_FETCHED,
        seen_at=_FETCHED,
        capture=capture.capture,
        newest_state=None,
        newest_capture=None,
        reason=None,
    )


_QUARANTINED = "raw/2024-05-26/jolpica/20240526T175810Z-2024-07-laps-000000000805.json"
_RUN = IngestRun(
    "backfill-2024-7f3a",
    "backfill",
    "jolpica",
    2024,
    _FETCHED,
    None,
    None,
    captures=41,
    requests=119,
    detail=None,
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
            _QUARANTINED,
        )
    ],
    captures=CaptureCounts(processed=46, unchanged=4, quarantined=1),
    rows={"laps": 7700, "pitstops": 241, "results": 160, "qualifying": 160, "sprint": None},
    requests=Requests(spent=119, estimated=0, last_hour=119, estimated_seconds=0),
    expectations=[
        Expectations(
            "cli", 1, _FETCHED, "jolpica", expected=50, captured=50, processed=49, failed=1
        )
    ],
    runs=[_RUN],
    license=_LICENSE,
    synthetic=False,
)
ledger = LedgerAnswer(
    captures=CaptureCounts(pending=2, processed=46, unchanged=4, quarantined=1),
    oldest_open_seconds=3,
    last_processed_at=_FETCHED,
    swept_at=datetime(2024, 5, 26, 3, 0, tzinfo=UTC),
    attention=[
        LedgerCapture(
            _QUARANTINED,
            "jolpica",
            "laps",
            2024,
            7,
            "quarantined",
            "page 3 promises 1,220 rows, page 1 promised 1,225",
            _FETCHED,
            attempts=1,
            commands=[
                f"f1-worker {verb} {_QUARANTINED}"
                for verb in ("show", "retry", "accept", "dismiss")
            ],
        )
    ],
    sources=[SourceSummary("jolpica", 53, _FETCHED, _RUN, _FETCHED, requests_last_hour=119)],
    budgets=[
        RequestBudget(
            budget="jolpica",
            used=119,
            limit=200,
            window_seconds=3600.0,
            waiting=0,
            opens_at=datetime(2024, 5, 1, 9, 0, tzinfo=UTC),
        )
    ],
    seasons=[
        SeasonProgress(
            *(2024, 24, 8),
            expected=8,
            processed=7,
            partly=1,
            missing=["laps"],
            failed=1,
            open=2,
            needs_look=1,
        )
    ],
    license=_LICENSE,
    synthetic=False,
)
status = StatusAnswer(
    **structs.asdict(ledger),
    objectives=Objectives(
        ScheduledRuns(runs=8064, on_time=7991, source_unavailable=60, ratio=0.9984),
        ProcessingLag(now_seconds=3.1, captures=1204, p95_seconds=4.8),
        Answers(
            since=datetime(2024, 5, 26, 6, 0, tzinfo=UTC),
            requests=91230,
            p95_ms=4.2,
            error_ratio=0.0,
        ),
    ),
)
liveness = Liveness("ok")
health = Health("ok", DatabaseHealth("ok", latency_ms=1.3))
readiness = Readiness("ready", "0100", [])
datasets = Datasets(
    season=2024,
    race=None,
    datasets=[
        DatasetFile(
            "lap_times",
            "Every lap",
            24_497,
            "/seasons/2024/datasets/lap_times.parquet",
            "/seasons/2024/datasets/lap_times.csv",
            Snapshot("processed/2024/lap_times.parquet", 24_497, 81_234, "5e0c" * 16, _FETCHED),
        ),
        DatasetFile("pit_stops", "Every stop", None, None, None, None),
    ],
    license=_LICENSE,
    synthetic=False,
)
race_datasets = structs.replace(
    datasets,
    race=_SUMMARY,
    datasets=[
        DatasetFile(
            "lap_times",
            "Every lap",
            1237,
            "/races/2024-monaco/datasets/lap_times.parquet",
            "/races/2024-monaco/datasets/lap_times.csv",
            None,
        )
    ],
)
LAP_TIMES_CSV = (
    "season,round,race_id,session,driver_id,lap,position,time_ms\n"
    "2024,8,2024-monaco,race,ada_falk,1,1,82310\n"
)
ergast_answer = ErgastAnswer(
    ErgastData(
        xmlns="",
        series="f1",
        url="http://localhost:8000/ergast/f1/2024/drivers/ada_falk.json",
        limit="30",
        offset="0",
        total="1",
        DriverTable={
            "season": "2024",
            "driverId": "ada_falk",
            "Drivers": [
                {
                    "driverId": "ada_falk",
                    "permanentNumber": "7",
                    "code": "FAL",
                    "givenName": "Ada",
                    "familyName": "Falk",
                    "dateOfBirth": "1996-03-09",
                    "nationality": "Norwegian",
                }
            ],
        },
    )
)
