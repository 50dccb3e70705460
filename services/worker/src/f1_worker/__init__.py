"""Raw captures in S3 to rows and aggregates in Postgres."""
