"""ETags, 304, gzip, HEAD: the headers that caches use."""

import contextlib
import gzip
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from f1_api.http.negotiation import preferred_form
from f1_core.postgres import operations, schema

PATHS = [
    "/races",
    "/races?season=2024&limit=1",
    "/races/2024-monaco",
    "/races/2024-spa",
    "/races/2024-1/lap-times",
    "/races/2024-1/lap-times?limit=2",
    "/races/2024-1/lap-times?format=csv",
    "/races/2024-1/results",
    "/races/2024-2/results",
    "/races/2099-oslo",
    "/races/2024-1/pit-stops",
    "/races/2024-1/qualifying",
    "/races/2024-2/sprint",
    "/races/2024-1/aggregations",
    "/races/last",
    "/drivers",
    "/drivers/ada",
    "/drivers/ada/stats",
    "/drivers/ada/stats?by=race",
    "/seasons",
    "/seasons/2024",
    "/seasons/2024/status",
    "/races/2024-2/provenance?driver=ada",
    "/races/2024-1/changes",
    "/seasons/2024/changes",
    "/seasons/2024/corrections",
    "/seasons/2024/provenance",
    "/drivers/ada/provenance",
    "/seasons/2024/datasets",
    "/seasons/2024/datasets/drivers.csv",
    "/seasons/2024/datasets/lap_times.parquet",
    "/races/2024-1/datasets/lap_times.csv",
    "/ledger",
    "/?format=csv",  # other parts of the status page have ages, which change
    "/seasons?format=html",
    "/seasons/2024?format=html",
    "/seasons/2024?format=csv&table=form",
    "/races?format=html",
    "/drivers?format=html",
    "/drivers/ada?format=html",
    "/drivers/ada?format=csv&table=races",
    "/drivers/ada/stats?by=season&format=html",
    "/races/2024-1?format=html",
    "/races/2024-1/lap-times?format=html",
    "/races/2024-2/provenance?format=html",
    "/captures/raw/2024-06-01/synthetic/20240601T120000Z-2024-01-laps-000000000005.json",
    "/ergast/f1/2024/races",
    "/ergast/f1/2024/1/results",
    "/ergast/f1/2024/1/laps?limit=2",
    "/ergast/f1/2024/drivers/ada/results",
    "/ergast/f1/2024/driverstandings",
]
HOST = "f1.example.com"
"""Answers of /ergast contain the requested address."""
SHOWN_BY_NOTHING = {
    "precedence",
    "content_hash",
    "parser_version",
    "capture_order",
    "announced_at",
    "not_before",
    "lease_owner",
    "lease_expires_at",
}


def test_the_same_answer_is_a_304(api: Any) -> None:
    for path in PATHS:
        first = api.get(path)
        again = api.get(path, if_none_match=first.headers["etag"])
        assert again.status_code == 304, path
        assert again.content == b""
        assert again.headers["etag"] == first.headers["etag"]
        assert again.headers["vary"] == first.headers["vary"]


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ("{etag}", 304),
        ("W/{etag}", 304),
        ('"x", W/{etag}', 304),
        ("*", 304),
        ('"x"', 200),
        ("", 200),
    ],
)
def test_if_none_match_in_all_its_forms(api: Any, sent: str, status: int) -> None:
    path = "/races/2024-1/results"
    etag = api.get(path).headers["etag"]
    for _ in range(2):  # from the database, or from the cache
        assert api.get(path, if_none_match=sent.format(etag=etag)).status_code == status


@pytest.mark.parametrize(
    "lines", [("{etag}", '"x"'), ('"x"', "{etag}"), ('"x"', "W/{etag}", '"y"')]
)
def test_if_none_match_in_several_lines_is_one_list(api: Any, lines: tuple[str, ...]) -> None:
    path = "/races/2024-1/results"
    etag = api.get(path).headers["etag"]
    sent = [("if-none-match", line.format(etag=etag)) for line in lines]
    assert api.client.get(path, headers=sent).status_code == 304
    assert api.client.get(path, headers=[("if-none-match", '"x"')]).status_code == 200


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("text/csv;q=much, application/json;q=0.1", "application/json"),
        ("text/html;q=, text/csv;q=0.2", "text/csv"),
        ("text/csv;q=0.3, text/html;q=0.2", "text/csv"),
    ],
)
def test_an_unreadable_quality_counts_as_0(api: Any, accept: str, content_type: str) -> None:
    answer = api.get("/races/2024-1/results", accept=accept)
    assert answer.headers["content-type"].partition(";")[0] == content_type


@pytest.mark.parametrize("accept", [b"", b"text/plain", b"image/png;q=0.5", b"text/csv;q=0"])
def test_an_accept_header_without_our_forms_prefers_none(accept: bytes) -> None:
    assert preferred_form(accept) is None


def test_accept_in_several_lines_is_one_list(api: Any) -> None:
    path = "/races/2024-1/results"
    for first, second in (("text/csv", "text/html;q=0.5"), ("text/html;q=0.5", "text/csv")):
        sent = [("accept", first), ("accept", second), ("accept-encoding", "br")]
        answer = api.client.get(path, headers=[*sent, ("accept-encoding", "gzip")])
        assert answer.headers["content-type"].startswith("text/csv")
        for encodings in (("gzip", "br"), ("br", "gzip")):
            sent = [("accept-encoding", encoding) for encoding in encodings]
            answer = api.client.get(path, headers=sent)
            assert answer.headers["content-encoding"] == "gzip"


def test_an_encoding_of_unreadable_quality_is_not_used(api: Any) -> None:
    answer = api.get("/races/2024-1/results", accept_encoding="gzip;q=yes")
    assert "content-encoding" not in answer.headers


def test_each_representation_has_its_own_etag(api: Any) -> None:
    path = "/races/2024-1/lap-times"
    etags = [
        api.get(path, accept=accept, accept_encoding=encoding).headers["etag"]
        for accept in ("application/json", "text/csv")
        for encoding in ("identity", "gzip")
    ]
    assert len(set(etags)) == 3  # the CSV is too small to be compressed
    assert etags[1].endswith('-gz"')


def test_gzip_when_it_is_accepted(api: Any) -> None:
    path = "/races/2024-1/results"
    plain = api.get(path, accept_encoding="identity")
    assert "content-encoding" not in plain.headers
    with api.client.stream("GET", path, headers={"accept-encoding": "gzip"}) as packed:
        raw = b"".join(packed.iter_raw())
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["vary"] == "Accept, Accept-Encoding"
    assert len(raw) == int(packed.headers["content-length"]) < len(plain.content)
    assert gzip.decompress(raw) == plain.content
    assert "content-encoding" not in api.get(path, accept_encoding="gzip;q=0").headers


def test_head_is_get_without_the_body(api: Any) -> None:
    for path in ("/races/2024-1/results", "/drivers?season=1999", "/healthz", "/docs", "/nothing"):
        for _ in range(2):
            got = api.client.get(path)
            head = api.client.head(path)
            assert head.status_code == got.status_code
            assert head.content == b""
            same = ("content-length", "content-type", "etag", "cache-control")
            if path != "/healthz":  # its latency changes
                assert [head.headers.get(n) for n in same] == [got.headers.get(n) for n in same]


def test_freshness_in_other_caches_is_configurable(api: Any, serve: Any) -> None:
    assert api.get("/races").headers["cache-control"] == "public, no-cache"
    assert api.get("/healthz").headers["cache-control"] == "no-store"
    assert serve(max_age_s=60).get("/races").headers["cache-control"] == "public, max-age=60"


def test_another_build_has_other_etags(api: Any, serve: Any) -> None:
    assert serve(build="another").get("/races").headers["etag"] != api.get("/races").headers["etag"]


def _other(column: sa.Column[Any]) -> str:  # noqa: PLR0911
    """SQL for another value of the column."""
    name = f'"{column.name}"'
    match column.type:
        case pg.JSONB():
            return """'{"Sprint": {"date": "2024-07-27"}, "Other": {}}'"""
        case pg.ARRAY():
            return f"array_append(coalesce({name}, '{{}}'), 'north2')"
        case sa.Boolean():
            return f"NOT coalesce({name}, false)"
        case sa.Date():
            return f"coalesce({name}, '2000-01-01') - 1"
        case sa.DateTime():
            return f"coalesce({name}, '2000-01-01') + interval '1 day'"
        case sa.LargeBinary():
            return f"coalesce({name}, '') || 'x'"
        case sa.Integer() | sa.BigInteger() | sa.Numeric() | sa.Float():
            return f"coalesce({name}, 0) + 1"
        case _:
            return f"coalesce({name}, '') || 'x'"


def _changes(table: sa.Table) -> list[str]:
    """An update of each column of the table that answers may depend on."""
    special = {
        ("captures", "state"): "'quarantined'",
        ("captures", "pages"): "'[]'",
        ("slices", "race_id"): None,
    }
    changes = []
    for column in table.columns:
        if (
            column.name in SHOWN_BY_NOTHING
            or column.foreign_keys
            or column.computed is not None
            or column.name == "only"
        ):
            continue
        if column.primary_key and column.name.endswith("_id"):
            continue
        value = special.get((table.name, column.name), _other(column))
        if value is not None:
            changes.append(f'"{column.name}" = {value}')
    return changes


def _change(season: Any, table: str, change: str) -> None:
    """Change one row as a correction would, unless another row has the key."""
    update = f"UPDATE {table} SET {change} WHERE ctid = (SELECT max(ctid) FROM {table})"
    with contextlib.suppress(sa.exc.IntegrityError):
        season.execute(update)


def _changed(api: Any, before: dict[str, httpx.Response], paths: list[str]) -> list[str]:
    """The paths whose body differs from `before`, which is updated. The ETag must change if and
    only if the body changes.
    """
    changed = []
    for path in paths:
        answer, old = api.get(path, host=HOST), before[path]
        assert answer.status_code == 200, path
        assert (answer.content != old.content) == (answer.headers["etag"] != old.headers["etag"])
        if answer.content != old.content:
            changed.append(path)
        before[path] = answer
    return changed


def test_every_change_of_an_answer_changes_its_etag(
    serve: Any, season: Any, eventually: Any
) -> None:
    """All columns of a table are changed together, then one by one for the paths that depend on the
    table: the ETag must change if and only if the body does, and every table must change some path.
    After the announcement, cached answers equal those from the database.
    """
    season.execute(
        "INSERT INTO ingest_runs (run_id, kind, source, season, started_at)"
        " VALUES ('r', 'poll', 'synthetic', 2024, '2024-06-01')"
    )
    season.execute(
        "INSERT INTO expectations (owner, generation, season, race_id, resource, source)"
        " VALUES ('cli', 1, 2024, '2024-monaco', 'laps', 'synthetic')"
    )
    season.execute(
        "INSERT INTO decisions (capture_order, kind, season, decided_by, decided_at)"
        " VALUES (0, 'purge', 2024, 'ada', '2024-01-01')"
    )
    fresh, kept = serve(cache_mb=0), serve()
    before = {path: fresh.get(path, host=HOST) for path in PATHS}
    unchanged = []
    most = 0
    others = (operations.installation, operations.ingest_runs, operations.expectations)
    for table in (*schema.REPLAYED, *others):
        for change in _changes(table):
            _change(season, table.name, change)
        shown = _changed(fresh, before, PATHS)
        for change in _changes(table):
            _change(season, table.name, change)
            _changed(fresh, before, shown)
        if not shown:
            unchanged.append(table)
        most = max(most, _the_cache_agrees(kept, before, season, eventually))
    assert most > 10
    assert not {*unchanged} & {*schema.REPLAYED}


def _the_cache_agrees(kept: Any, expected: Any, season: Any, eventually: Any) -> int:
    """Check cached answers after an announcement; returns the largest number of cached answers."""
    cache = kept.service.cache
    before = cache.generation
    season.notify()
    eventually(lambda: cache.generation > before)
    most = 0
    for path in PATHS:
        answer = kept.get(path, host=HOST)
        assert answer.content == expected[path].content, path
        assert answer.headers["etag"] == expected[path].headers["etag"]
        most = max(most, len(cache))
    return most
