"""Tables of a season or a race to take away, as Parquet and CSV.

``tables`` says which there are and what each column holds, ``queries`` how the rows are read,
``origin`` what they are made of; ``parquet`` and ``csv_text`` write them. The API answers with
them, the worker puts them into S3: the same rows make the same bytes in both.
"""

PARQUET = "application/vnd.apache.parquet"
CSV = "text/csv; charset=utf-8"
