"""The REST API and the status page, read from Postgres alone."""
