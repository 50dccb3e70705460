"""The whole aggregator on one machine: embedded Postgres, a real S3 server, a stand-in source, the demo."""
