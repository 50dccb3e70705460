"""The servers on the loopback address: Postgres, S3, and stand-ins for the sources."""
