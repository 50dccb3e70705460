"""Seasons as Parquet files in S3, made again when their tables change."""
