"""What the worker measures of its own work; the ledger's gauges are in f1_core.metrics.exporter."""

from prometheus_client import Counter, Gauge, Histogram

PROCESSED = Counter(
    "f1_processed_files_total",
    "Captures that this worker was done with, by what became of them.",
    ["resource", "state"],
)
SECONDS = Histogram(
    "f1_processing_seconds",
    "From reading a capture in S3 to its commit, without the time it waited in between.",
    ["resource"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300),
)
LAG = Histogram(
    "f1_processing_lag_seconds",
    "From a new capture's announcement to the commit of its rows, waits included.",
    buckets=(0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 21600, 86400),
)
SNAPSHOT_FILES = Counter(
    "f1_snapshot_files_total",
    "Parquet files of seasons in S3, by what this worker did: written, unchanged or removed.",
    ["action"],
)
SNAPSHOTS_BEHIND = Gauge(
    "f1_snapshots_behind",
    "Seasons whose Parquet files in S3 are not of the newest rows, when this worker last looked.",
)
SNAPSHOTS_BEHIND_SINCE = Gauge(
    "f1_snapshots_behind_since_timestamp_seconds",
    "Since when this worker has seen a season behind at each look; 0: none is.",
)
