"""A capture returns the source's responses byte for byte, and reports damage."""

import hashlib
import json
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from f1_core.capture import Capture, Header, KeyParts, Page, decode, parse_key
from f1_core.errors import BadCapture

AT = datetime(2024, 5, 26, 15, 30, tzinfo=UTC)


def capture_of(*contents: bytes) -> Capture:
    header = Header(
        source="jolpica", resource="laps", season=2024, round=8, order=812, started_at=AT,
        fetched_at=AT, total=1055,
    )  # fmt: skip
    return Capture(
        header, [Page.of(f"/page/{n}", content, AT) for n, content in enumerate(contents)]
    )


def test_a_json_response_is_stored_byte_for_byte() -> None:
    answer = b'{"MRData": {"total":"1055",  "b":1, "a":1.50, "a":2}}'
    content = capture_of(answer).encode()
    assert answer in content
    assert json.loads(content)["pages"][0]["body"]["MRData"]["total"] == "1055"


@given(st.lists(st.one_of(st.binary(), st.text().map(str.encode), st.just(b'\n{"a":1}\n'))))
def test_any_bytes_are_restored(contents: list[bytes]) -> None:
    pages = decode(capture_of(*contents).encode()).pages
    assert [page.content for page in pages] == contents


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(), json_values), st.booleans())
def test_any_json_is_restored(value: dict[str, object], ascii_only: bool) -> None:
    answer = json.dumps(value, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    assert decode(capture_of(answer).encode()).pages[0].content == answer


def test_page_facts_have_all_of_a_page_but_its_content() -> None:
    [facts] = capture_of(b"{}").page_facts()
    assert (facts.url, facts.name, facts.bytes, facts.fetched_at) == ("/page/0", None, 2, AT)
    assert facts.sha256 == hashlib.sha256(b"{}").hexdigest()


def test_a_changed_page_is_detected() -> None:
    damaged = (
        capture_of(b'{"total":"1055"}').encode().replace(b'{"total":"1055"}', b'{"total":"1"}')
    )
    with pytest.raises(BadCapture, match=r"page 1 \(/page/0\) does not match its sha256"):
        decode(damaged)


@pytest.mark.parametrize("damaged", [1, 2, 3])
def test_every_page_is_checked_against_its_sha256(damaged: int) -> None:
    content = capture_of(b'{"page":1}', b'{"page":2}', b'{"page":3}').encode()
    changed = content.replace(b'{"page":%d}' % damaged, b'{"page":0}')
    with pytest.raises(BadCapture, match=rf"page {damaged} \(/page/{damaged - 1}\)"):
        decode(changed)


def test_another_format_is_refused_by_its_number() -> None:
    newer = capture_of().encode().replace(b'"header":{', b'"header":{"format":2,')
    with pytest.raises(BadCapture, match="format 2, this program reads 1"):
        decode(newer)


@given(st.binary())
def test_garbage_is_not_a_capture(content: bytes) -> None:
    with pytest.raises(BadCapture):
        decode(content)


def test_the_key_has_the_same_values_as_the_header() -> None:
    capture = capture_of()
    assert capture.key == "raw/2024-05-26/jolpica/20240526T153000Z-2024-08-laps-000000000812.json"
    parts = parse_key(capture.key)
    assert parts is not None
    assert parts == KeyParts(
        source="jolpica", resource="laps", season=2024, round=8, order=812, started_at=AT
    )


def test_a_season_or_an_archive_has_no_round_in_its_key() -> None:
    header = Header(source="ergast-csv", resource="archive", order=3, started_at=AT, fetched_at=AT)
    parts = parse_key(Capture(header, []).key)
    assert parts is not None
    assert parts.season is None
    assert parts.round is None


@pytest.mark.parametrize(
    "key",
    [
        "raw/2024-05-26/jolpica/notes.txt",
        "raw/2024-05-26/jolpica/20249999T999999Z-2024-08-laps-000000000812.json",
        "processed/2024/laps.parquet",
    ],
)
def test_other_keys_are_not_captures(key: str) -> None:
    assert parse_key(key) is None


def test_an_older_reader_reads_a_header_with_new_fields() -> None:
    content = capture_of(b"{}").encode().replace(b'"header":{', b'"header":{"new":true,')
    assert msgspec.structs.asdict(decode(content).header)["order"] == 812


def test_missing_fields_of_a_header_have_defaults() -> None:
    content = capture_of().encode()
    assert b"requests" not in content
    header = decode(content).header
    assert (header.requests, header.edge_requests, header.synthetic) == (0, 0, False)
