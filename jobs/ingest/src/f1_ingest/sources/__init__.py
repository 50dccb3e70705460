"""The data sources, a file each, and what they have in common (protocol.py)."""
