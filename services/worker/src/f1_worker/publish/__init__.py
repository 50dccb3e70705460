"""Seasons as Parquet files in S3, written again when their tables change."""
