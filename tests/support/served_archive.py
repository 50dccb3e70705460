"""What the tests of tests/system/corners have: an archive, and an API that answers from it."""

from dataclasses import dataclass
from pathlib import Path

from csv_files import CsvFiles
from served import Served


@dataclass
class ServedArchive:
    """An archive that was imported by the real programs.

    Attributes:
        folder: where its files are.
        files: the same files, read by `csv`.
        api: the server.
    """

    folder: Path
    files: CsvFiles
    api: Served
