"""The request budget of a source, shared by all processes through Postgres."""
