"""The worker's metrics; the ledger's gauges are in f1_core.metrics.exporter."""

from prometheus_client import Counter, Gauge, Histogram

PROCESSED = Counter(
    "f1_processed_files_total",
    "Captures that this worker processed, by outcome.",
    ["resource", "state"],
)
SECONDS = Histogram(
    "f1_processing_seconds",
    "Time from reading a capture in S3 to its commit, without waits.",
    ["resource"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300),
)
LAG = Histogram(
    "f1_processing_lag_seconds",
    "Time from a new capture's announcement to the commit of its rows, including waits.",
    buckets=(0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 21600, 86400),
)
SNAPSHOT_FILES = Counter(
    "f1_snapshot_files_total",
    "Parquet files of seasons in S3, by result: written, unchanged or removed.",
    ["action"],
)
SNAPSHOTS_BEHIND = Gauge(
    "f1_snapshots_behind",
    "Seasons whose Parquet files in S3 are older than their rows, at this worker's last check.",
)
SNAPSHOTS_BEHIND_SINCE = Gauge(
    "f1_snapshots_behind_since_timestamp_seconds",
    "Time since which each check of this worker found a season behind, in seconds since "
    "1970; 0: none.",
)
