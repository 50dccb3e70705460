"""A parsed capture becomes rows: resolve slices, write rows, aggregate, all in one transaction."""
