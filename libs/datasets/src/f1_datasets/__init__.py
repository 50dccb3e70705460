"""Tables of a season or a race for download, as Parquet and CSV.

``tables`` describes the tables and their columns, ``queries`` has the SQL of their rows, ``origin``
describes their provenance; ``parquet`` and ``csv_text`` write them. The API serves them, the worker
stores them in S3: equal rows produce equal bytes in both.
"""

PARQUET = "application/vnd.apache.parquet"
CSV = "text/csv; charset=utf-8"
