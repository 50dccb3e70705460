"""Ergast's last CSV archive: a folder, or a zip on disk or at a URL."""

from dataclasses import dataclass

from f1_core.capture import Page
from f1_core.store.zips import Caps
from f1_ingest.errors import WrongUsage
from f1_ingest.settings import Settings
from f1_ingest.sources.archives import CsvArchive
from f1_ingest.sources.protocol import Download

_REQUIRED = frozenset({"races.csv", "circuits.csv", "drivers.csv"})


@dataclass(frozen=True)
class ErgastCsv:
    """The archive at a location that the user gives."""

    max_bytes: int
    caps: Caps
    name: str = "ergast-csv"
    budget: str = "ergast-csv"

    def read(self, location: str | None, download: Download) -> list[Page]:
        """The archive's files."""
        if location is None:
            raise WrongUsage(
                "no location of the Ergast archive: set a folder, a zip, or a URL of a zip"
            )
        return CsvArchive(self.max_bytes, self.caps, _REQUIRED).read(location, download)


def from_settings(settings: Settings) -> ErgastCsv:
    """The archive, with size limits."""
    return ErgastCsv(settings.archive.max_bytes, settings.archive.caps)
