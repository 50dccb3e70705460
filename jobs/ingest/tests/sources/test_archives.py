"""Archives are read completely and checked; zip bombs are refused."""

import io
import itertools
import os
import random
import zipfile
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from f1_core.capture import Capture
from f1_core.store.zips import Caps
from f1_devkit.servers.jolpica.server import JolpicaServer
from f1_ingest.errors import BadArchive, WrongUsage
from f1_ingest.sources.archives import CsvArchive
from f1_ingest.sources.protocol import Download

Ingest = Callable[..., CompletedProcess[str]]
Captures = Callable[..., list[Capture]]

FILES = {
    "races.csv": "raceId,year\n1,2021\n",
    "circuits.csv": "circuitId\n1\n",
    "drivers.csv": "driverId\n1\n",
}


def packed(files: dict[str, str], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return made.getvalue()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A minimal Ergast archive."""
    place = tmp_path / "ergast"
    place.mkdir()
    for name, content in FILES.items():
        (place / name).write_text(content)
    (place / "readme.txt").write_text("not for us")
    return place


def test_a_folder_becomes_one_capture_with_one_page_per_file(
    ingest: Ingest, folder: Path, captures: Captures
) -> None:
    ran = ingest("import", folder)
    assert ran.returncode == 0, ran.stderr
    (made,) = captures("archive")
    assert made.header.source == "ergast-csv"
    assert made.header.season is None
    assert {page.name: page.content.decode() for page in made.pages} == FILES
    assert all(str(folder) not in page.url for page in made.pages), "the local path is not captured"


def test_a_zip_is_captured_unchanged(ingest: Ingest, tmp_path: Path, captures: Captures) -> None:
    path = tmp_path / "f1db.zip"
    path.write_bytes(packed({f"archive/{name}": text for name, text in FILES.items()}))
    assert ingest("import", path).returncode == 0
    (page,) = captures("archive")[0].pages
    assert (page.name, page.content) == ("f1db.zip", path.read_bytes())


def test_the_same_archive_again_is_recognised(
    ingest: Ingest, folder: Path, captures: Captures
) -> None:
    ingest("import", folder)
    ran = ingest("import", folder)
    assert (ran.returncode, len(captures())) == (0, 1)
    assert "unchanged" in ran.stdout
    assert ingest("import", folder, "--again").returncode == 0
    (folder / "races.csv").write_text("raceId,year\n1,2022\n")
    assert ingest("import", folder).returncode == 0
    assert len(captures()) == 3


def test_the_dump_is_found_downloaded_and_checked(
    ingest: Ingest, source: JolpicaServer, captures: Captures
) -> None:
    """The free, delayed dump, from a storage on another host."""
    ran = ingest("import", "--source", "jolpica-csv", F1_JOLPICA_DUMPS_URL=source.dumps_url)
    assert ran.returncode == 0, ran.stderr
    (made,) = captures("archive")
    (page,) = made.pages
    assert page.sha256 == source.dump.file_hash
    assert page.content == source.dump.content
    assert [r.service for r in source.log] == ["dumps", "dumps", "storage"]
    assert "/delayed/" in source.log[1].path
    assert not any(request.authorization for request in source.log)


def test_with_a_token_the_newest_dump_is_read_and_the_storage_does_not_get_the_token(
    ingest: Ingest, source: JolpicaServer
) -> None:
    ran = ingest(
        *("import", "--source", "jolpica-csv"),
        F1_JOLPICA_DUMPS_URL=source.dumps_url,
        F1_JOLPICA_TOKEN="secret",
    )
    assert ran.returncode == 0, ran.stderr
    assert "/latest/" in source.log[1].path
    assert [request.authorization for request in source.log] == [True, True, False]
    assert "secret" not in ran.stdout + ran.stderr


def test_a_dump_that_does_not_match_its_checksum_is_refused(
    ingest: Ingest, source: JolpicaServer, captures: Captures, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(source.dump), "file_hash", "0" * 64)
    ran = ingest("import", "--source", "jolpica-csv", F1_JOLPICA_DUMPS_URL=source.dumps_url)
    assert ran.returncode == 1
    assert f"not {'0' * 64} as listed" in ran.stderr
    assert captures() == []


def test_an_html_page_in_place_of_the_dump_is_retried(
    ingest: Ingest, source: JolpicaServer, captures: Captures
) -> None:
    source.faults.script("html", "504", "truncated", path="/storage/")
    ran = ingest("import", "--source", "jolpica-csv", F1_JOLPICA_DUMPS_URL=source.dumps_url)
    assert ran.returncode == 0, ran.stderr
    assert captures()[0].header.requests == 9


def test_a_too_large_download_is_refused(
    ingest: Ingest, source: JolpicaServer, captures: Captures
) -> None:
    big = packed({**FILES, "noise.csv": random.Random(1).randbytes(2**20).hex()})
    source._download = lambda path: (200, {}, big)  # type: ignore[method-assign]
    ran = ingest("import", f"{source.dumps_url}/big.zip", F1_ARCHIVE_MAX_MB=1)
    assert ran.returncode == 1
    assert "larger than 1 MB, the maximum" in ran.stderr
    assert captures() == []
    assert ingest("import", f"{source.dumps_url}/big.zip").returncode == 0
    assert captures()[0].pages[0].name == "big.zip"


CAPS = Caps(unpacked=4 * 10**6, ratio=100, members=5)
DOWNLOAD = Download(
    lambda request, read: pytest.fail("nothing is downloaded"), lambda: datetime.now(UTC)
)


def check(content: bytes) -> bytes:
    return CsvArchive(10**6, CAPS, frozenset(FILES)).checked(content)


def test_a_good_archive_is_accepted() -> None:
    assert check(packed(FILES)) == packed(FILES)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"PK but no more", "not a zip"),
        (packed(FILES)[:-30], "not a zip"),
        (packed({"races.csv": ""}), "it lacks circuits.csv, drivers.csv"),
        (packed({**FILES, **{f"{n}.csv": "" for n in range(3)}}), "6 files, more than 5"),
        (packed({**FILES, "bomb.csv": "0" * 3_900_000}), "more than 100 times its size"),
        (packed({**FILES, "big.csv": "0" * 4_100_000}), "unpacks to more than"),
    ],
    ids=range(6),
)
def test_invalid_archives_and_zip_bombs_are_refused(content: bytes, why: str) -> None:
    with pytest.raises(BadArchive, match=why):
        check(content)


def test_a_damaged_member_is_detected_before_the_capture() -> None:
    content = bytearray(packed(FILES, zipfile.ZIP_STORED))
    at = content.index(b"2021")
    content[at : at + 4] = b"1202"
    with pytest.raises(BadArchive, match="damaged"):
        check(bytes(content))


def test_a_directory_with_wrong_sizes_does_not_hide_a_zip_bomb() -> None:
    """The directory declares 10 bytes for the bomb; its bytes are counted while it is read."""
    valid = packed({**FILES, "bomb.csv": "0" * 3_900_000})
    size, crc = (3_900_000).to_bytes(4, "little"), zlib.crc32(b"0" * 3_900_000)
    forged = valid.replace(size, (10).to_bytes(4, "little"))
    # With the checksum of the first ten bytes, the directory is consistent.
    consistent = forged.replace(
        crc.to_bytes(4, "little"), zlib.crc32(b"0" * 10).to_bytes(4, "little")
    )
    assert valid != forged != consistent
    for content in (forged, consistent):
        with pytest.raises(BadArchive, match=r"bomb\.csv"):
            check(content)


def test_unpacked_bytes_are_counted_over_all_files() -> None:
    """The directory declares one byte less for the second: the sum is within the limit."""
    content = bytearray(packed({"a.csv": "1" * 600, "b.csv": "2" * 401}, zipfile.ZIP_STORED))
    size = content.rindex(b"PK\x01\x02") + 24
    assert content[size : size + 4] == (401).to_bytes(4, "little")
    content[size : size + 4] = (400).to_bytes(4, "little")
    with pytest.raises(BadArchive, match="unpacks to more than"):
        CsvArchive(10**6, Caps(1_000, 100, 5), frozenset()).checked(bytes(content))


def test_a_folder_without_a_required_file_is_refused(folder: Path) -> None:
    (folder / "drivers.csv").unlink()
    with pytest.raises(BadArchive, match=r"it lacks drivers\.csv: not this source's archive"):
        read_folder(folder)


def test_the_size_of_a_folder_is_limited_too(folder: Path) -> None:
    archive = CsvArchive(10**6, Caps(20, 100, 5), frozenset(FILES))
    with pytest.raises(BadArchive, match="larger than"):
        archive.read(str(folder), DOWNLOAD)
    with pytest.raises(BadArchive, match="more than 2 files"):
        CsvArchive(10**6, Caps(10**6, 100, 2), frozenset()).read(str(folder), DOWNLOAD)


def test_the_size_of_a_zip_is_checked_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(packed(FILES))
    with pytest.raises(BadArchive, match="larger than"):
        CsvArchive(100, Caps(10**6, 100, 5), frozenset()).read(str(path), DOWNLOAD)


def test_a_missing_location_is_wrong_usage() -> None:
    with pytest.raises(WrongUsage, match="no folder or file"):
        CsvArchive(10**6, CAPS, frozenset()).read("/nowhere", DOWNLOAD)


def test_the_real_archive_is_captured_unchanged(
    ingest: Ingest, captures: Captures, shared_data: Path
) -> None:
    folder = shared_data / "ergast-csv-2021-2022"
    ran = ingest("import", folder, "--source", "ergast-csv")
    assert ran.returncode == 0, ran.stderr
    (made,) = captures("archive")
    assert {page.name: page.content for page in made.pages} == {
        path.name: path.read_bytes() for path in folder.glob("*.csv")
    }


def damaged(content: bytes, seed: int) -> bytes:
    """A zip with one to three faults: wrong bytes or numbers, a missing or repeated part."""
    chance, made = random.Random(seed), bytearray(content)
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(made))
        match chance.randrange(6):
            case 0:
                made[at] = chance.randrange(256)
            case 1:
                made[at : at + 4] = chance.choice([b"\0" * 4, b"\xff" * 4, b"\xff\xff\xff\x7f"])
            case 2:
                del made[at : at + chance.randint(1, 40)]
            case 3:
                made[at:at] = made[at : at + chance.randint(1, 40)]
            case _:  # within the headers, which contain numbers
                found = [n for n in range(len(made)) if made[n : n + 2] == b"PK"]
                at = chance.choice(found or [0]) + chance.randrange(4, 46)
                if at < len(made):
                    made[at] = chance.choice([0, 1, 8, 9, 12, 14, 98, 99, 255])
    return bytes(made)


ZIPS = [
    packed(FILES),
    packed(FILES, zipfile.ZIP_STORED),
    packed(FILES, zipfile.ZIP_BZIP2),
    packed(FILES, zipfile.ZIP_LZMA),
]


@pytest.mark.parametrize("part", range(4))
def test_any_damaged_zip_is_accepted_or_refused_with_a_message(part: int) -> None:
    """`make attack` tries ten times as many, of the real program."""
    reasons: list[str] = []
    for seed in range(100):
        content = damaged(ZIPS[part], seed)
        try:
            check(content)
        except BadArchive as error:
            reasons.append(str(error))
    assert len(reasons) > 50
    assert all(len(reason) < 1000 and reason.isprintable() for reason in reasons)


def renamed(name: str) -> bytes:
    """A good archive, and a file of that name."""
    return packed({**FILES, name: "1\n"})


def with_entry(at: int, value: bytes) -> bytes:
    """A good archive with a changed entry of its first file in the directory."""
    content = bytearray(packed(FILES))
    entry = content.index(b"PK\x01\x02") + at
    content[entry : entry + len(value)] = value
    return bytes(content)


FLAGS, PACKED_SIZE, PLACE = 8, 20, 42
BEYOND = (10**6).to_bytes(4, "little")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (with_entry(FLAGS, b"\x01"), "races.csv is encrypted"),
        (with_entry(FLAGS, b"\x40"), "races.csv is encrypted"),
        (with_entry(PACKED_SIZE, BEYOND), "races.csv is larger than the zip"),
        (with_entry(PLACE, BEYOND), "races.csv is larger than the zip"),
        (renamed("/etc/passwd.csv"), "is not a relative path"),
        (renamed("../x.csv"), "lies outside of it"),
        (renamed("a/../../x.csv"), "lies outside of it"),
        (renamed("a\\x.csv"), "is not a relative path"),
        (renamed("x" * 400 + ".csv"), "is not a relative path"),
        (packed(FILES, zipfile.ZIP_LZMA), "compression method other than deflate"),
        (packed(FILES, zipfile.ZIP_BZIP2), "compression method other than deflate"),
        (packed({**FILES, "drivers.csX": ""}).replace(b"drivers.csX", b"drivers.csv"), "two files"),
        (b"PK\x01\x02" * 10**5, "more than 5 files"),
    ],
    ids=itertools.count(),
)  # fmt: skip
def test_an_invalid_zip_is_refused(content: bytes, why: str) -> None:
    with pytest.raises(BadArchive, match=why):
        check(content)


def test_members_that_share_bytes_are_refused() -> None:
    content = bytearray(packed(FILES, zipfile.ZIP_STORED))
    first = content.index(b"PK\x01\x02")
    second = content.index(b"PK\x01\x02", first + 4)
    content[second + 42 : second + 46] = content[first + 42 : first + 46]
    with pytest.raises(BadArchive, match="overlap"):
        check(bytes(content))


def read_folder(folder: Path) -> list[str | None]:
    archive = CsvArchive(10**6, CAPS, frozenset(FILES))
    download = Download(DOWNLOAD.get, lambda: datetime.now(UTC))
    return [page.name for page in archive.read(str(folder), download)]


def test_only_regular_files_of_a_folder_are_read(folder: Path, tmp_path: Path) -> None:
    (folder / "nested.csv").mkdir()
    assert read_folder(folder) == sorted(FILES)
    secret = tmp_path / "secret"
    secret.write_text("secret")
    (folder / "x.csv").symlink_to(secret)
    with pytest.raises(BadArchive, match=r"x\.csv cannot be read: .*symbolic links"):
        read_folder(folder)
    (folder / "x.csv").unlink()
    os.mkfifo(folder / "x.csv")
    with pytest.raises(BadArchive, match=r"x\.csv is not a regular file"):
        read_folder(folder)
    (folder / "x.csv").unlink()
    (folder / "x.csv").symlink_to("/dev/zero")
    with pytest.raises(BadArchive, match=r"x\.csv cannot be read"):
        read_folder(folder)


def test_a_symbolic_link_to_a_folder_is_followed(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(folder)
    assert read_folder(tmp_path / "link") == sorted(FILES)


@pytest.mark.parametrize("where", ["/dev/zero", "/dev/stdin", "fifo"])
def test_a_device_or_a_pipe_is_refused(where: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(WrongUsage, match="no folder or file"):
        CsvArchive(10**6, CAPS, frozenset()).read(str(tmp_path / where), DOWNLOAD)


def test_a_file_that_changes_while_it_is_read_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = os.fstat

    def grow_then(opened: int) -> os.stat_result:
        found = known(opened)
        with (folder / "races.csv").open("a") as races:
            races.write("2,2022\n")
        return found

    monkeypatch.setattr("f1_ingest.sources.archives.os.fstat", grow_then)
    with pytest.raises(BadArchive, match="changed during the import"):
        read_folder(folder)


@pytest.mark.parametrize("url", ["http://[", "https://a:99999999/x.zip", "http:///x.zip"])
def test_an_invalid_url_is_wrong_usage(url: str) -> None:
    with pytest.raises(WrongUsage, match="is not a URL"):
        CsvArchive(10**6, CAPS, frozenset()).read(url, DOWNLOAD)
