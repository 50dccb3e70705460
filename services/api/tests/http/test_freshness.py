"""How long browsers and shared caches may keep an answer, at any time of the day."""

import doctest
import time
from typing import Any

import hypothesis
import hypothesis.strategies as st
import pytest

import f1_api.http.cache_control
from f1_api.http.cache_control import Freshness, Times

NOON, MIDNIGHT = 86400 * 20_000 + 43_200, 86400 * 20_001
LONG = Times(3600, 600, 60, 86400)


def _at(monkeypatch: pytest.MonkeyPatch, now: float, freshness: Freshness, *, dated: bool) -> str:
    monkeypatch.setattr(time, "time", lambda: now)
    return freshness.headers(dated=dated)[0][1].decode()


def _seconds(header: str) -> dict[str, int]:
    parts = [part.partition("=") for part in header.split(", ")]
    return {name: int(value) for name, _, value in parts if value}


@pytest.mark.parametrize(
    ("times", "header"),
    [
        (Times(), "public, no-cache"),
        (Times(60), "public, max-age=60"),
        (Times(0, 60), "public, max-age=0, s-maxage=60"),
        (Times(if_error=60), "public, max-age=0, stale-if-error=60"),
        (
            LONG,
            "public, max-age=3600, s-maxage=600, stale-while-revalidate=60, stale-if-error=86400",
        ),
    ],
)
def test_settings_are_read_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, times: Times, header: str
) -> None:
    assert _at(monkeypatch, NOON - 43_200 + 1, Freshness(times, public=True), dated=False) == header


def test_a_cdn_gets_its_own_header_for_stale_responses(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    freshness = Freshness(LONG, public=True)
    _at(monkeypatch, NOON, freshness, dated=False)
    cdn = (
        b"cdn-cache-control",
        b"public, max-age=600, stale-while-revalidate=60, stale-if-error=86400",
    )
    assert freshness.headers(dated=False)[1:] == [cdn]
    assert len(Freshness(Times(60, 600), public=True).headers(dated=False)) == 1


def test_private_answers_forbid_shared_caches(monkeypatch: pytest.MonkeyPatch) -> None:
    private = Freshness(LONG, public=False)
    header = _at(monkeypatch, NOON, private, dated=False)
    assert header == "private, max-age=3600, stale-while-revalidate=60, stale-if-error=86400"
    assert private.revalidate == [(b"cache-control", b"private, no-cache")]


def test_nothing_is_fresh_after_midnight_and_dated_answers_are_not_stale(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    freshness = Freshness(LONG, public=True)
    for now, fresh in ((MIDNIGHT - 100.5, 100), (MIDNIGHT - 0.5, 0), (MIDNIGHT, 3600)):
        seconds = _seconds(_at(monkeypatch, now, freshness, dated=False))
        assert (seconds["max-age"], seconds["stale-if-error"]) == (fresh, 86400)
    seconds = _seconds(_at(monkeypatch, MIDNIGHT - 4000.5, freshness, dated=True))
    assert (seconds["max-age"], seconds["stale-if-error"]) == (3600, 400)
    assert _at(monkeypatch, MIDNIGHT - 100.5, freshness, dated=True) == (
        "public, max-age=100, s-maxage=100"
    )


@hypothesis.settings(deadline=None)  # not a test of the machine's speed
@hypothesis.given(
    st.builds(Times, *[st.integers(0, 200_000)] * 4),
    st.lists(st.floats(0, 86400), min_size=1, max_size=20),
)
def test_no_dated_answer_outlives_its_day(times: Times, steps: list[float]) -> None:
    freshness, now = Freshness(times, public=True), float(NOON)
    with pytest.MonkeyPatch.context() as patch:
        for step in steps:
            now += step
            left = MIDNIGHT - now if now < MIDNIGHT else 86400 - now % 86400
            seconds = _seconds(_at(patch, now, freshness, dated=True))
            fresh = max(seconds.get("max-age", 0), seconds.get("s-maxage", 0))
            for stale in ("stale-while-revalidate", "stale-if-error"):
                assert fresh + seconds.get(stale, 0) <= left
            seconds = _seconds(_at(patch, now, freshness, dated=False))
            assert seconds.get("max-age", 0) <= min(left, times.fresh)


def test_cached_answers_have_present_freshness(serve: Any) -> None:
    api = serve(max_age_s=60, stale_if_error_s=86400)
    for _ in range(2):  # from the database, or from the cache
        assert "stale-if-error=86400" in api.get("/races").headers["cache-control"]
        for path in ("/races/last", "/seasons/2024", "/seasons/current"):
            seconds = _seconds(api.get(path).headers.get("cache-control", ""))
            left = 86400 - time.time() % 86400
            if path != "/seasons/2024":
                assert seconds.get("stale-if-error", 0) <= left
        for path in ("/", "/ledger", "/seasons/2024/status", "/openapi.json"):
            assert api.get(path).headers["cache-control"] == "public, no-cache"


def test_examples_in_docstrings_are_true() -> None:
    assert doctest.testmod(f1_api.http.cache_control).failed == 0
