"""The raw store: objects in an S3 bucket, and zip files from others."""
