"""Examples of where numbers are from, for the documentation; see :mod:`f1_api.docs.examples`."""

from datetime import UTC, date, datetime

from f1_api.captures import formulas
from f1_api.captures.changes import Compared, Piece
from f1_api.captures.models import (
    AppliedCapture,
    CaptureAnswer,
    CaptureSlice,
    Cells,
    Correction,
    Corrections,
    HistoricCapture,
    RaceProvenance,
    RawObject,
    RawPage,
    ResourceProvenance,
    RowProvenance,
    RowVersion,
    Side,
    SourceOfRows,
    Sources,
)
from f1_api.completeness.answers import license_of
from f1_api.races.models import RaceSummary
from f1_core.ledger.difference import Change

_FIRST = datetime(2024, 5, 26, 18, 2, 11, tzinfo=UTC)
_SECOND = datetime(2024, 5, 28, 9, 40, 2, tzinfo=UTC)
_LICENSE = license_of(synthetic=False)
_RACE = RaceSummary(
    "2024-monaco", 2024, 8, "Grand Prix of the Harbour", "monaco", date(2024, 5, 26)
)
_BEFORE = "raw/2024-05-26/jolpica/20240526T180204Z-2024-08-laps-000000000812.json"
KEY = "raw/2024-05-28/jolpica/20240528T093955Z-2024-08-laps-000000000934.json"
_HELD = "raw/2024-05-29/jolpica/20240529T093955Z-2024-08-laps-000000000951.json"
_CHANGES = (
    "/races/2024-monaco/changes?resource=laps&session=race"
    f"&from={_BEFORE.replace('/', '%2F')}&to={KEY.replace('/', '%2F')}"
)
_PAGE = RawPage(
    "https://api.jolpi.ca/ergast/f1/2024/8/laps/?limit=100&offset=0",
    None,
    "7b0c5a1f6a2f1f6d6c7a7c4f5b6a0f0d1e2c3b4a596877665544332211009988",
    10234,
    _SECOND,
)


def _object(key: str) -> RawObject:
    return RawObject(key, "f1-raw", f"s3://f1-raw/{key}", f"aws s3 cp s3://f1-raw/{key} -")


def _historic(key: str, order: int, rows: int, state: str) -> HistoricCapture:
    return HistoricCapture(
        capture=key,
        source="jolpica",
        order=order,
        fetched_at=_FIRST if key == _BEFORE else _SECOND,
        rows=rows,
        state=state,
        reason="it is empty, and the one before it has 1237 rows" if state == "held" else None,
        replaced=_BEFORE if state == "processed" else None,
        changes=_CHANGES if state == "processed" else None,
    )


_LAP: Cells = {"driver_id": "ada_falk", "lap": 63, "position": 1, "time_ms": 74569}
_LAP_BEFORE: Cells = {**_LAP, "time_ms": 74669}
race = RaceProvenance(
    race=_RACE,
    resources=[
        ResourceProvenance(
            resource="laps",
            session="race",
            table="lap_times",
            rows=1237,
            expected=1237,
            applied=AppliedCapture(
                capture=KEY,
                object=_object(KEY),
                source="jolpica",
                order=934,
                started_at=_SECOND,
                fetched_at=_SECOND,
                seen_at=_SECOND,
                run="poll-2024-05-28-1c2d",
                requests=13,
                parser_version=2,
                pages=[_PAGE],
            ),
            history=[
                _historic(_HELD, 951, 0, "held"),
                _historic(KEY, 934, 1237, "processed"),
                _historic(_BEFORE, 812, 1237, "superseded"),
            ],
        )
    ],
    numbers=[
        RowProvenance(
            "laps",
            "race",
            {"driver_id": "ada_falk", "lap": 63},
            [
                RowVersion(_LAP, KEY, "jolpica", _SECOND),
                RowVersion(_LAP_BEFORE, _BEFORE, "jolpica", _FIRST),
            ],
        )
    ],
    formulas=formulas.OF_RACE,
    refused=[],
    decisions=[],
    license=_LICENSE,
    synthetic=False,
)

_compared = Compared(
    Piece(2024, "2024-monaco", "laps", "race"),
    Side(_BEFORE, "jolpica", _FIRST, 1237, "superseded"),
    Side(KEY, "jolpica", _SECOND, 1237, "processed"),
    [Change(_LAP_BEFORE, _LAP)],
)
changes = _compared.answer(_RACE, _LICENSE, synthetic=False)

_MOVED: Cells = {
    "round": 7,
    "name": "Grand Prix of the Hills",
    "circuit_id": "imola",
    "date": "2024-05-19",
    "time": "13:00:00Z",
    "url": None,
    "sessions": {"Qualifying": {"date": "2024-05-18", "time": "14:00:00Z"}},
}
_schedules = Compared(
    Piece(2024, "", "schedule", "race"),
    Side(_BEFORE.replace("08-laps", "00-schedule"), "jolpica", _FIRST, 24, "superseded"),
    Side(KEY.replace("08-laps", "00-schedule"), "jolpica", _SECOND, 24, "processed"),
    [Change({**_MOVED, "time": "12:00:00Z"}, _MOVED)],
)
schedule_changes = _schedules.answer(None, _LICENSE, synthetic=False)

corrections = Corrections(
    season=2024,
    corrections=[
        Correction(
            season=2024,
            race_id="2024-monaco",
            resource="laps",
            session="race",
            corrected_at=_SECOND,
            capture=KEY,
            source="jolpica",
            replaced=_BEFORE,
            replaced_source="jolpica",
            added=0,
            removed=0,
            changed=1,
            changes=_CHANGES,
        )
    ],
    total=1,
    next=None,
    license=_LICENSE,
    synthetic=False,
)

_sources = [
    SourceOfRows(
        season=2024,
        race_id="2024-monaco",
        resource="laps",
        session="race",
        rows=1237,
        source="jolpica",
        capture=KEY,
        fetched_at=_SECOND,
        seen_at=_SECOND,
        corrections=1,
    )
]
of_season = Sources(
    season=2024,
    driver_id=None,
    sources=_sources,
    total=1,
    next=None,
    formulas=formulas.OF_SEASON,
    license=_LICENSE,
    synthetic=False,
)
of_driver = Sources(
    season=2024,
    driver_id="ada_falk",
    sources=_sources,
    total=1,
    next=None,
    formulas=formulas.OF_DRIVER,
    license=_LICENSE,
    synthetic=False,
)
capture = CaptureAnswer(
    capture=KEY,
    object=_object(KEY),
    source="jolpica",
    resource="laps",
    season=2024,
    round=8,
    order=934,
    started_at=_SECOND,
    fetched_at=_SECOND,
    run="poll-2024-05-28-1c2d",
    state="processed",
    reason=None,
    attempts=0,
    rows=1237,
    expected=1237,
    requests=13,
    parser_version=2,
    pages=[_PAGE],
    slices=[
        CaptureSlice(
            season=2024,
            race_id="2024-monaco",
            resource="laps",
            session="race",
            rows=1237,
            state="processed",
            reason=None,
            applied=True,
            replaced=_BEFORE,
            replaced_by=None,
            changes=_CHANGES,
        )
    ],
    slices_total=1,
    decisions=[],
    license=_LICENSE,
    synthetic=False,
)
