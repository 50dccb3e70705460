"""Examples of lists of datasets."""

from msgspec import structs

from f1_api.completeness.examples import FETCHED, LICENSE
from f1_api.datasets.models import DatasetFile, Datasets, Snapshot
from f1_api.races.examples import RACE_SUMMARY

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
            Snapshot("processed/2024/lap_times.parquet", 24_497, 81_234, "5e0c" * 16, FETCHED),
        ),
        DatasetFile("pit_stops", "Every stop", None, None, None, None),
    ],
    license=LICENSE,
    synthetic=False,
)
race_datasets = structs.replace(
    datasets,
    race=RACE_SUMMARY,
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
