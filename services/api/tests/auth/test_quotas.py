"""Use of a limit over all processes: never exceeded, and unused requests are returned."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from f1_api.auth import quotas as quotas_module
from f1_api.auth.keys import new_key
from f1_api.auth.quotas import Counts, Quotas
from f1_api.auth.rate_limits import Limit
from f1_api.postgres.pool import Pool

HOUR = Limit(20, 3600)


@pytest.fixture
def process(season_url: str) -> Iterator[Callable[[], Quotas]]:
    """Makes the quotas of a process of the API."""
    pools = []

    def make() -> Quotas:
        pools.append(Pool(season_url, size=4, wait_s=5, statement_timeout_s=5))
        return Quotas(Counts(pools[-1]), wait_s=10)

    yield make
    for pool in pools:
        pool.close()


async def _allowed(quotas: Quotas, requests: int, limit: Limit = HOUR) -> int:
    """The number of concurrent requests that are not refused."""
    statuses = await asyncio.gather(*(quotas.spend("key", "a", limit) for _ in range(requests)))
    return sum(not status.refused for status in statuses)


def _run(work: Awaitable[Any]) -> Any:
    async def main() -> Any:
        return await work

    return asyncio.run(main())


def test_sequential_requests_are_allowed_up_to_the_limit(process: Any) -> None:
    async def scenario() -> None:
        quotas = process()
        for left in reversed(range(20)):
            status = await quotas.spend("key", "a", HOUR)
            assert (status.refused, status.remaining) == (False, left)
            assert 3590 < status.reset_s <= 3600
        status = await quotas.spend("key", "a", HOUR)
        assert (status.refused, status.remaining) == (True, 0)
        assert 3590 < status.retry_after_s <= 3600
        assert not (await quotas.spend("key", "b", HOUR)).refused  # callers are independent

    _run(scenario())


@pytest.mark.parametrize("limit", [Limit(1, 3600), Limit(7, 60), HOUR, Limit(1000, 86400)])
def test_two_processes_together_allow_exactly_the_limit(process: Any, limit: Limit) -> None:
    async def scenario() -> int:
        one, two = process(), process()
        allowed = await asyncio.gather(
            *(_allowed(quotas, 40, limit) for quotas in (one, two) for _ in range(30))
        )
        for quotas in (one, two):  # requests that one had leased when the other was refused
            await quotas.stop()
        await asyncio.sleep(1)
        return sum(allowed) + await _allowed(one, limit.requests, limit)

    assert _run(scenario()) == limit.requests


def test_a_large_limit_costs_few_statements(process: Any, season: Any) -> None:
    async def scenario() -> None:
        quotas = process()
        queries = 0
        take = quotas._counts.take

        def counted(*arguments: Any) -> Any:
            nonlocal queries
            queries += 1
            return take(*arguments)

        quotas._counts.take = counted
        for _ in range(10_000):
            assert not (await quotas.spend("key", "a", Limit(10_000, 3600))).refused
        assert queries < 50
        for _ in range(1000):
            assert (await quotas.spend("key", "a", Limit(10_000, 3600))).refused
        assert queries < 55  # refused requests cost few, too

    _run(scenario())


def test_a_restart_neither_adds_nor_loses_requests(process: Any) -> None:
    async def scenario() -> None:
        quotas = process()
        assert await _allowed(quotas, 3) == 3
        await quotas.stop()
        assert await _allowed(process(), 30) == 17

    _run(scenario())


def test_a_killed_process_loses_only_its_leases(process: Any) -> None:
    async def scenario() -> None:
        await process().spend("key", "a", HOUR)  # leases a quarter, and is killed
        assert await _allowed(process(), 30) == 15

    _run(scenario())


def test_unneeded_requests_are_returned(process: Any) -> None:
    async def scenario() -> None:
        one, two = process(), process()
        await one.spend("key", "a", HOUR)
        beating = asyncio.create_task(one.run())
        assert await _allowed(two, 30) == 15
        given = 0
        async with asyncio.timeout(20):
            while given < 4:  # one of the five was spent
                given += await _allowed(two, 1)
                await asyncio.sleep(0.05)
        assert await _allowed(two, 30) == 0
        beating.cancel()

    _run(scenario())


def test_windows_follow_the_clock_of_postgres(process: Any, season: Any) -> None:
    async def scenario() -> None:
        brief = Limit(5, 2)
        quotas = process()
        assert await _allowed(quotas, 9, brief) == 5
        assert await _allowed(quotas, 9, brief) == 0
        await asyncio.sleep(2.05)
        assert await _allowed(quotas, 9, brief) == 5
        await asyncio.sleep(2.05)
        await quotas.stop()
        assert not quotas._leases, "ended windows take no memory"
        assert await _allowed(process(), 30) == 20
        season.execute("UPDATE api_quotas SET ends_at = now()")
        assert await _allowed(process(), 30) == 20
        # After the clock was set back, no client waits longer than a window.
        season.execute("UPDATE api_quotas SET ends_at = now() + interval '9 days'")
        assert await _allowed(process(), 30) == 20

    _run(scenario())


def test_remaining_requests_end_with_their_window(process: Any, season: Any) -> None:
    async def scenario() -> None:
        brief, quotas = Limit(8, 2), process()
        assert await _allowed(quotas, 1, brief) == 1  # and leases another one
        await asyncio.sleep(2.05)
        assert await _allowed(quotas, 20, brief) == 8

    _run(scenario())


def test_a_changed_limit_applies(process: Any) -> None:
    async def scenario() -> None:
        quotas = process()
        assert await _allowed(quotas, 10, Limit(100, 3600)) == 10
        assert await _allowed(quotas, 200, Limit(150, 3600)) == 140
        assert await _allowed(quotas, 10, Limit(50, 3600)) == 0
        assert await _allowed(quotas, 200, Limit(160, 3600)) == 10

    _run(scenario())


def test_many_callers_need_bounded_memory(process: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quotas_module, "_MOST_LEASES", 5)

    async def scenario() -> None:
        quotas = process()
        for number in range(20):
            assert not (await quotas.spend("address", f"caller {number}", HOUR)).refused
            assert not (await quotas.spend("key", "seen often", HOUR)).refused
        assert len(quotas._leases) == 5
        assert (await quotas.spend("key", "seen often", HOUR)).refused  # its lease was not dropped
        # The first caller's lease was dropped with a quarter of its requests, less one.
        allowed = [await quotas.spend("address", "caller 0", HOUR) for _ in range(20)]
        assert sum(not status.refused for status in allowed) == 15

    _run(scenario())


def test_rows_of_ended_windows_are_deleted(process: Any, season: Any) -> None:
    async def scenario() -> None:
        quotas = process()
        await quotas.spend("address", "203.0.113.9", HOUR)
        await quotas.spend("key", "a", HOUR)
        season.execute("UPDATE api_quotas SET ends_at = now() WHERE subject LIKE 'address/%'")
        await asyncio.to_thread(quotas._counts.delete_ended)

    _run(scenario())
    with season.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT subject FROM api_quotas").scalars().all()
    assert rows == ["key/a"]


def _key(season: Any, limit: Limit | None) -> tuple[str, dict[str, str]]:
    made = new_key()
    season.execute(
        "INSERT INTO api_keys (key_id, name, secret_sha256, limit_requests, limit_window_s)"
        " VALUES (:id, 'test', :hash, :requests, :window)",
        id=made.key_id,
        hash=made.secret_sha256,
        requests=limit and limit.requests,
        window=limit and limit.window_s,
    )
    season.execute("NOTIFY f1_api_keys")
    return made.key_id, {"x_api_key": made.text}


def test_a_key_with_a_limit_gets_its_remaining_requests(
    serve: Any, season: Any, eventually: Any
) -> None:
    _, key = _key(season, Limit(5, 3600))
    _, other = _key(season, Limit(5, 3600))
    api = serve(keys="required")
    eventually(lambda: api.get("/openapi.json", **key).status_code == 200)  # open: costs nothing
    eventually(lambda: api.service.keys.limits)
    first = api.get("/races", **key)
    etag = first.headers["etag"]
    answers = [
        api.get("/races", **key),  # kept
        api.get("/races", if_none_match=etag, **key),  # a 304
        api.get("/races/2024-nowhere", **key),  # refused for another reason
        api.client.head("/races", headers={"x-api-key": key["x_api_key"]}),
    ]
    assert first.headers["ratelimit-policy"] == '"key";q=5;w=3600'
    assert [answer.status_code for answer in answers] == [200, 304, 404, 200]
    left = [answer.headers["ratelimit"].split(";")[1] for answer in (first, *answers)]
    assert left == ["r=4", "r=3", "r=2", "r=1", "r=0"]
    refused = api.get("/races", if_none_match=etag, **key)
    assert refused.status_code == 429
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.headers["cache-control"] == "no-store"
    assert 3590 < int(refused.headers["retry-after"]) <= 3600
    assert refused.headers["ratelimit"].startswith('"key";r=0;t=')
    assert refused.json()["type"] == "urn:f1:problem:quota-exceeded"
    assert "retry in" in refused.json()["detail"]
    assert api.get("/races", x_api_key="f1_wrong").status_code == 401
    of_other = api.get("/races", **other)  # from the same address
    assert of_other.headers["ratelimit"].startswith('"key";r=4;')
    for path in ("/healthz", "/livez", "/readyz", "/docs"):
        assert api.get(path, **key).status_code == 200


def test_a_key_without_a_limit_has_none(serve: Any, season: Any, eventually: Any) -> None:
    _, key = _key(season, None)
    api = serve(keys="required", anonymous_limit="1/day")
    eventually(lambda: api.get("/races", **key).status_code == 200)
    for _ in range(5):
        answer = api.get("/races", **key)
        assert answer.status_code == 200
        assert "ratelimit" not in answer.headers


def test_requests_without_a_key_are_counted_by_address(
    serve: Any, season: Any, eventually: Any
) -> None:
    _, key = _key(season, None)
    api = serve(keys="optional", anonymous_limit="3/hour", trusted_proxies="127.0.0.1")
    eventually(lambda: api.get("/races", **key).status_code == 200)
    assert [api.get("/races").status_code for _ in range(5)] == [200, 200, 200, 429, 429]
    assert "address" in api.get("/races").json()["detail"]
    assert api.get("/races", **key).status_code == 200


def test_two_servers_together_never_exceed_the_limit(
    serve: Any, season: Any, eventually: Any
) -> None:
    _, key = _key(season, Limit(100, 3600))
    servers = [serve(keys="required"), serve(keys="required")]
    eventually(lambda: all(api.service.keys.limits for api in servers))
    with ThreadPoolExecutor(8) as threads:
        answers = [threads.submit(servers[n % 2].get, "/races", **key) for n in range(240)]
        statuses = [answer.result().status_code for answer in answers]
    assert statuses.count(200) + statuses.count(429) == 240

    def all_spent() -> bool:
        """Unused leased requests are returned, and can be used."""
        statuses.extend(api.get("/races", **key).status_code for api in servers)
        return statuses.count(200) == 100

    eventually(all_spent)
    assert {api.get("/races", **key).status_code for api in servers for _ in range(3)} == {429}


def test_a_limit_changes_within_seconds(serve: Any, season: Any, eventually: Any) -> None:
    key_id, key = _key(season, Limit(1, 3600))
    api = serve(keys="required")
    eventually(lambda: api.service.keys.limits)
    assert [api.get("/races", **key).status_code for _ in range(2)] == [200, 429]
    season.execute("UPDATE api_keys SET limit_requests = NULL, limit_window_s = NULL")
    eventually(lambda: api.get("/races", **key).status_code == 200, 10)
    season.execute(
        "UPDATE api_keys SET limit_requests = 1, limit_window_s = 3600 WHERE key_id = :id",
        id=key_id,
    )
    eventually(lambda: api.get("/races", **key).status_code == 429, 10)


def test_counting_does_not_empty_the_cache(serve: Any, season: Any, eventually: Any) -> None:
    _, key = _key(season, Limit(100_000, 1))
    api = serve(keys="required")
    eventually(lambda: api.service.keys.limits)
    api.get("/races", **key)
    before = api.service.cache.generation
    for _ in range(30):
        api.get("/races", **key)
    season.execute("SELECT pg_sleep(2.5)")
    assert api.service.cache.generation == before


def test_a_stuck_database_is_reported_in_time(serve: Any, season: Any, eventually: Any) -> None:
    _, limited = _key(season, Limit(100, 3600))
    _, free = _key(season, None)
    api = serve(keys="required", pool_wait_s=1)
    eventually(lambda: api.get("/races", **free).status_code == 200)
    with season.engine.begin() as connection, ThreadPoolExecutor(12) as threads:
        connection.exec_driver_sql("LOCK TABLE api_quotas")
        started = time.monotonic()
        answers = [threads.submit(api.get, "/races", **limited) for _ in range(12)]
        assert api.get("/races", **free).status_code == 200
        assert {answer.result().status_code for answer in answers} == {503}
        assert time.monotonic() - started < 5  # all at once, not one after the other
    eventually(lambda: api.get("/races", **limited).status_code == 200)


def test_requests_that_cannot_be_counted_are_refused(
    serve: Any, season: Any, eventually: Any
) -> None:
    _, key = _key(season, Limit(100, 3600))
    api = serve(keys="required")
    eventually(lambda: api.service.keys.limits)
    season.execute(
        f"ALTER DATABASE {season.engine.url.database} SET default_transaction_read_only = on"
    )
    api.service.pool.close()
    answer = api.get("/races", **key)
    assert answer.status_code == 503
    assert "cannot be written to" in answer.json()["detail"]
