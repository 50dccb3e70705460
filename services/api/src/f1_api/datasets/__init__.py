"""Tables of a season or a race as Parquet and CSV files."""
