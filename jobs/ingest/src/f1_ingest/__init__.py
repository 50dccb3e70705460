"""Fetches sources within their rate limits, and stores complete raw captures in S3."""
