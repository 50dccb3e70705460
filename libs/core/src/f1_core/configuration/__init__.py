"""What settings are checked with: their names, and files of certificates."""
