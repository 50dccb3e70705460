"""Postgres: connections, transactions and the schema."""
