"""A dataset as Parquet, with exact types, and its provenance in the file's metadata.

Equal rows with an equal origin produce equal bytes, so that a hash shows whether a file changed.
Import this module only to write a file: Arrow takes 0.2 s and 50 MB.
"""

import io
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from f1_datasets.origin import Origin
from f1_datasets.rows import clean
from f1_datasets.tables import Column, Dataset, Kind

_TYPES: dict[Kind, pa.DataType] = {
    "int32": pa.int32(),
    "int64": pa.int64(),
    "float64": pa.float64(),
    "text": pa.string(),
    "key": pa.dictionary(pa.int32(), pa.string()),
    "keys": pa.list_(pa.field("element", pa.string(), nullable=False)),
    "date": pa.date32(),
    "timestamp": pa.timestamp("ms", tz="UTC"),
}


def schema(dataset: Dataset) -> pa.Schema:
    """The Arrow schema; the metadata of each field are its description and unit."""
    return pa.schema([_field(column) for column in dataset.columns])


def encode(dataset: Dataset, rows: Sequence[Sequence[Any]], origin: Origin) -> bytes:
    """The rows of a dataset's query as a Parquet file."""
    described = schema(dataset).with_metadata(dict(origin.metadata(dataset)))
    arrays = [
        pa.array(values, type=field.type)
        for values, field in zip(clean(dataset, rows), described, strict=True)
    ]
    file = io.BytesIO()
    parquet.write_table(pa.table(arrays, schema=described), file, compression="zstd", version="2.6")
    return file.getvalue()


def _field(column: Column) -> pa.Field:
    about = {"description": column.about} | ({"unit": column.unit} if column.unit else {})
    return pa.field(column.name, _TYPES[column.kind], nullable=not column.required, metadata=about)
