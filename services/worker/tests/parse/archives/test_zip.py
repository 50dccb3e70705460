"""Zips: read as they are, and refused before they can do harm."""

import zlib
from collections.abc import Callable, Mapping

import pytest

from f1_core.capture import Capture
from f1_core.errors import BadCapture
from f1_core.store import zips
from f1_ingest.synthetic import Dataset, cached_season
from f1_worker.parse import csvfiles, parse

Files = dict[str, str]
Make = Callable[..., Capture]


@pytest.fixture(scope="module")
def files(ergast_files: Callable[[Dataset], Files]) -> Files:
    return ergast_files(cached_season(2015))


def test_a_zip_gives_the_same_slices_as_its_files(
    files: Files,
    zipped: Callable[..., bytes],
    make_capture: Make,
    folder_capture: Callable[[str, Files], Capture],
) -> None:
    loose = parse(folder_capture("ergast-csv", files))
    content = zipped({**files, "README.txt": "About this archive"}, folder="f1db_csv/")
    packed = parse(make_capture("archive", content, source="ergast-csv"))
    assert list(packed.slices) == list(loose.slices)
    assert packed.reference == loose.reference
    assert packed.problems == []


def test_a_zip_bomb_is_refused_before_it_is_unpacked(
    zipped: Callable[..., bytes], make_capture: Make
) -> None:
    content = zipped({"races.csv": b"0" * 50_000_000})
    with pytest.raises(BadCapture, match="unpacks to more than 100 times its size"):
        parse(make_capture("archive", content, source="ergast-csv"))


def test_a_zip_larger_than_allowed_is_refused(
    zipped: Callable[..., bytes],
    files: Files,
    make_capture: Make,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(csvfiles, "CAPS", zips.Caps(10_000, 100, 200))
    with pytest.raises(BadCapture, match=r"unpacks to more than 0\.00953674 MB"):
        parse(make_capture("archive", zipped(files), source="ergast-csv"))


def test_a_zip_with_a_false_size_is_refused(
    make_capture: Make, files: Files, zipped: Callable[..., bytes]
) -> None:
    content = bytearray(zipped(files))
    # Set the unpacked size of races.csv in the directory to 5 bytes.
    entry = content.rindex(b"races.csv") - 46
    content[entry + 24 : entry + 28] = (5).to_bytes(4, "little")
    with pytest.raises(BadCapture, match=r"races.csv"):
        parse(make_capture("archive", bytes(content), source="ergast-csv"))


def test_too_many_files_are_refused(zipped: Callable[..., bytes], make_capture: Make) -> None:
    content = zipped({f"{number}.csv": "" for number in range(201)})
    with pytest.raises(BadCapture, match="it has 201 files, more than 200"):
        parse(make_capture("archive", content, source="ergast-csv"))


def test_two_files_of_one_name_are_refused(
    make_capture: Make, zipped: Callable[..., bytes]
) -> None:
    content = zipped({"a/races.csv": "", "b/races.csv": ""})
    with pytest.raises(BadCapture, match=r"the archive has two files races.csv"):
        parse(make_capture("archive", content, source="ergast-csv"))


@pytest.mark.parametrize(
    "content", [b"PK", b"PK\x03\x04" + b"\x00" * 100, b"PK\x05\x06" + b"\x00" * 10]
)
def test_a_file_with_only_the_start_of_a_zip_is_refused(content: bytes, make_capture: Make) -> None:
    with pytest.raises(BadCapture, match="page 1 is not a readable zip"):
        parse(make_capture("archive", content, source="ergast-csv"))


def test_a_damaged_member_is_refused(
    files: Files, zipped: Callable[[Mapping[str, str]], bytes], make_capture: Make
) -> None:
    content = bytearray(zipped(files))
    start = content.index(b"races.csv") + 60
    content[start : start + 40] = b"\xff" * 40
    with pytest.raises(BadCapture, match=r"races.csv cannot be unpacked"):
        parse(make_capture("archive", bytes(content), source="ergast-csv"))


def test_a_directory_with_the_size_of_a_files_beginning_is_refused(
    files: Files, zipped: Callable[[Mapping[str, str]], bytes], make_capture: Make
) -> None:
    """Size and checksum are those of all lines except the last."""
    races = files["races.csv"].encode()
    beginning = races[: races.rindex(b"\n", 0, -1) + 1]
    content = zipped(files)
    for true, false in (
        (zlib.crc32(races), zlib.crc32(beginning)),
        (len(races), len(beginning)),
    ):
        assert content.count(true.to_bytes(4, "little")) >= 2
        content = content.replace(true.to_bytes(4, "little"), false.to_bytes(4, "little"))
    with pytest.raises(BadCapture, match=r"races.csv cannot be unpacked"):
        parse(make_capture("archive", content, source="ergast-csv"))
