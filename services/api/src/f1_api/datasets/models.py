"""Tables for download."""

from datetime import datetime
from typing import Annotated

from msgspec import Struct

from f1_api.completeness.models import Licensed
from f1_api.descriptions import doc
from f1_api.races.models import RaceSummary


class Snapshot(Struct, frozen=True):
    """The Parquet file as it was last written to S3."""

    key: Annotated[str, doc("of the object in the bucket of the raw captures")]
    rows: int
    bytes: int
    sha256: str
    written_at: datetime


class DatasetFile(Struct, frozen=True):
    """A table of a season or a race."""

    name: str
    about: str
    rows: Annotated[int | None, doc("null: never captured, so that there is no file")]
    parquet: Annotated[str | None, doc("address of the table as Parquet")]
    csv: Annotated[str | None, doc("address of the table as CSV")]
    snapshot: Annotated[Snapshot | None, doc("of a season; null: none was written to S3 yet")]


class Datasets(Licensed, frozen=True):
    """The tables of a season, or of one race of it."""

    season: int
    race: Annotated[RaceSummary | None, doc("null: all races of the season")]
    datasets: list[DatasetFile]
