"""What the worker measures of its own work; the ledger's gauges are in f1_core.metrics."""

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
SNAPSHOT_FILES = Counter(
    "f1_snapshot_files_total",
    "Parquet files of seasons in S3, by what this worker did: written, unchanged or removed.",
    ["action"],
)
SNAPSHOTS_BEHIND = Gauge(
    "f1_snapshots_behind",
    "Seasons whose Parquet files in S3 are not of the newest rows, when this worker last looked.",
)
