"""Synthetic seasons in the format of the Ergast archive, and archives as captures."""

import io
import zipfile
from collections.abc import Callable, Mapping

import pytest
from ergast_archive import ARCHIVE, Files, Read
from whole_archive import whole_ergast_archive

from f1_core.capture import Capture
from f1_ingest.synthetic import Dataset
from f1_worker.parse import parse
from f1_worker.parse.slices import Parsed


@pytest.fixture(scope="session")
def ergast_files() -> Callable[[Dataset], Files]:
    return whole_ergast_archive


@pytest.fixture(scope="session")
def zipped() -> Callable[[Mapping[str, str | bytes]], bytes]:
    def zipped(files: Mapping[str, str | bytes], folder: str = "") -> bytes:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in files.items():
                archive.writestr(folder + name, content)
        return packed.getvalue()

    return zipped


@pytest.fixture(scope="session")
def folder_capture(make_capture: Callable[..., Capture]) -> Callable[[str, Files], Capture]:
    """Makes the capture of an archive whose files are pages."""

    def capture(source: str, files: Files) -> Capture:
        return make_capture(
            "archive",
            *files.values(),
            source=source,
            names=list(files),
            urls=[f"file:{name}" for name in files],
        )

    return capture


# --- Ergast --------------------------------------------------------------------------------------


@pytest.fixture
def read(folder_capture: Callable[[str, Files], Capture]) -> Read:
    """Reads the archive, with some files replaced; None removes a file."""

    def read(**changed: str | None) -> Parsed:
        files = {**ARCHIVE, **{f"{name}.csv": content for name, content in changed.items()}}
        kept = {name: content for name, content in files.items() if content is not None}
        return parse(folder_capture("ergast-csv", kept))

    return read
