"""Ranges of a file (RFC 9110), as readers of Parquet request them."""

from typing import Any

import pytest

PATH = "/seasons/2024/datasets/lap_times.parquet"


@pytest.fixture(params=["first", "from the cache"])
def server(request: pytest.FixtureRequest, serve: Any) -> Any:
    """All rules apply to new and to cached answers."""
    if request.param == "first":
        return serve(cache_mb=0)
    server = serve()
    server.get(PATH)
    return server


@pytest.mark.parametrize(
    ("written", "first", "last"),
    [
        ("bytes=0-3", 0, 3),
        ("bytes=4-", 4, -1),
        ("bytes=-8", -8, -1),
        ("bytes=0-999999999", 0, -1),
        ("bytes=-999999999", 0, -1),
        ("bytes=5-5", 5, 5),
    ],
)
def test_a_range_is_that_part_of_the_whole(
    server: Any, written: str, first: int, last: int
) -> None:
    whole = server.get(PATH)
    size = len(whole.content)
    start, end = first % size, last % size
    part = server.get(PATH, range=written)
    assert part.status_code == 206
    assert part.content == whole.content[start : end + 1]
    assert part.headers["content-range"] == f"bytes {start}-{end}/{size}"
    assert part.headers["content-length"] == str(end + 1 - start)
    assert part.headers["etag"] == whole.headers["etag"]
    assert part.headers["content-type"] == whole.headers["content-type"]


@pytest.mark.parametrize(
    "written", ["bytes=3-1", "bytes=-", "bytes=0-1,4-5", "lines=1-2", "bytes=a-b", "bytes 0-1"]
)
def test_other_ranges_get_the_whole_response(server: Any, written: str) -> None:
    answer = server.get(PATH, range=written)
    assert (answer.status_code, answer.content) == (200, server.get(PATH).content)


@pytest.mark.parametrize("written", ["bytes=999999999-", "bytes={size}-", "bytes=-0"])
def test_a_range_after_the_end_is_refused_with_the_size(server: Any, written: str) -> None:
    size = len(server.get(PATH).content)
    answer = server.get(PATH, range=written.format(size=size))
    assert answer.status_code == 416
    assert answer.headers["content-range"] == f"bytes */{size}"
    assert answer.json()["type"] == "urn:f1:problem:range-not-satisfiable"
    assert f"{size} bytes" in answer.json()["detail"]


def test_a_changed_file_is_sent_whole(server: Any) -> None:
    """If-Range: parts of two states of a file are never put together."""
    etag = server.get(PATH).headers["etag"]
    assert server.get(PATH, range="bytes=0-3", if_range=etag).status_code == 206
    assert server.get(PATH, range="bytes=0-3", if_range='"older"').status_code == 200
    assert server.get(PATH, range="bytes=0-3", if_range=f"W/{etag}").status_code == 200


def test_not_modified_comes_first(server: Any) -> None:
    etag = server.get(PATH).headers["etag"]
    assert server.get(PATH, range="bytes=0-3", if_none_match=etag).status_code == 304


def test_a_range_of_a_head_request_is_ignored(server: Any) -> None:
    """RFC 9110, 14.2: ranges are defined for GET only. HEAD has the whole response's headers."""
    whole = server.get(PATH)
    head = server.client.head(PATH, headers={"Range": "bytes=0-3"})
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["accept-ranges"] == "bytes"
    assert head.headers["content-length"] == str(len(whole.content))
    assert "content-range" not in head.headers
    beyond = server.client.head(PATH, headers={"Range": "bytes=999999999-"})
    assert beyond.status_code == 200


def test_other_answers_do_not_support_range(server: Any) -> None:
    answer = server.get("/seasons", range="bytes=0-3")
    assert answer.status_code == 200
    assert "accept-ranges" not in answer.headers
