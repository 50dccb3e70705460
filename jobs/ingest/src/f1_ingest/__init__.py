"""Sources to raw captures in S3, politely, complete or not at all."""
