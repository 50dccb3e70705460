"""Connections, snapshots, prepared queries, and notifications of changes."""
