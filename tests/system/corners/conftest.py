"""Real seasons with most special cases, and invented ones with all of them, imported and served.

`corners` is both, one after the other; `recorded` (skipped without the shared data) and `invented`
are one of them, for values that only one of them has.
"""

from collections.abc import Callable
from pathlib import Path

import pytest
import served
from archives import odd_archive
from archives.csv_files import CsvFiles
from archives.served_archive import ServedArchive

from f1_devkit.programs.installation import Installation

Serve = Callable[[Path], ServedArchive]


@pytest.fixture(scope="session")
def import_and_serve(
    install: Callable[..., Installation], answering: Callable[[Installation], served.Served]
) -> Serve:
    """Imports an archive's folder through ingest and worker, and starts an API."""

    def serve(folder: Path) -> ServedArchive:
        installation = install(F1_API_ERGAST_MAX_LIMIT="5000")
        served.import_archive(installation, folder)
        return ServedArchive(folder, CsvFiles(folder), answering(installation))

    return serve


@pytest.fixture(scope="session")
def recorded(shared_data: Path, import_and_serve: Serve) -> ServedArchive:
    """The published data of 1951, 1956, 1983, 1997, 2024 and 2025."""
    return import_and_serve(shared_data / "ergast-csv-corners")


@pytest.fixture(scope="session")
def invented(import_and_serve: Serve, tmp_path_factory: pytest.TempPathFactory) -> ServedArchive:
    """The archive of :mod:`odd_archive`."""
    return import_and_serve(odd_archive.write(tmp_path_factory.mktemp("invented")))


@pytest.fixture(params=["invented", "recorded"])
def corners(request: pytest.FixtureRequest) -> ServedArchive:
    """Both archives, one after the other."""
    found: ServedArchive = request.getfixturevalue(request.param)
    return found
