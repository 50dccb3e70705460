"""The provenance of a dataset, which is written into its file."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any, NamedTuple

from f1_core import licences
from f1_datasets.tables import Dataset

MADE_BY = f"f1-datasets {version('f1-datasets')}"


class Capture(NamedTuple):
    """The capture that a slice of a season or race is made of."""

    resource: str
    source: str
    key: str
    parser_version: int


class Origin(NamedTuple):
    """A season, or one race of it, and all captures that it is made of."""

    season: int
    race_id: str | None
    synthetic: bool
    captures: Sequence[Capture]

    @classmethod
    def of(cls, season: int, race_id: str | None, rows: Sequence[Sequence[Any]]) -> "Origin":
        """From the rows of the query `f1_datasets.queries.CAPTURES`."""
        synthetic = bool(rows and rows[0][4])
        return cls(season, race_id, synthetic, [Capture(*row[:4]) for row in rows])

    def has(self, dataset: Dataset) -> bool:
        """Whether any of it was captured; an empty file would mean that there are no rows."""
        return any(capture.resource in dataset.resources for capture in self.captures)

    def metadata(self, dataset: Dataset) -> Mapping[str, str]:
        """The metadata of a file, which do not depend on the time of writing."""
        used = [capture for capture in self.captures if capture.resource in dataset.resources]
        keys = sorted({capture.key for capture in used})
        read = sorted({f"{capture.key} {capture.parser_version}" for capture in used})
        licence = licences.SYNTHETIC if self.synthetic else licences.SHARED
        values = {
            "dataset": dataset.name,
            "season": str(self.season),
            "race_id": self.race_id,
            "synthetic": "true" if self.synthetic else "false",
            "license": licence.name,
            "license_url": licence.url,
            "attribution": licence.attribution,
            "sources": ",".join(sorted({capture.source for capture in used})),
            "captures": json.dumps(keys),
            "version": hashlib.sha256("\n".join(read).encode()).hexdigest()[:16],
            "made_by": MADE_BY,
        }
        return {f"f1.{name}": value for name, value in values.items() if value is not None}
