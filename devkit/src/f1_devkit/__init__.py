"""All of the aggregator on one machine: Postgres, S3, a stand-in source, the demo and the tests."""
