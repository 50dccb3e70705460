"""The data sources, one file each, and their interface (protocol.py)."""
