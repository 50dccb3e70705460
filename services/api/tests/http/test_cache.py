"""The cache: bounded, and never outdated."""

import contextlib
import socket
import threading
import time
from typing import Any

import pytest

from f1_api.http.cache import AnswerCache, Entry, Key
from f1_api.postgres import watch
from f1_api.postgres.watch import PROCESSED, Watcher
from f1_core.ledger import index

RENAME = "UPDATE drivers SET family_name = :name WHERE driver_id = 'ada'"


def _key(path: str) -> Key:
    return Key(path, b"", None, gzip=False)


def _entry(size: int = 10) -> Entry:
    return Entry(b"x" * size, [], b'"e"', [], "/", dated=False)


class TestAnswerCache:
    def test_keeps_nothing_until_notifications_arrive(self) -> None:
        cache = AnswerCache(100_000)
        assert not cache.put(cache.ticket(_key("/a"), 1), _entry())
        cache.mark_certain(10)
        assert cache.put(cache.ticket(_key("/a"), 1), _entry())
        assert cache.get(_key("/a"), 1) is not None
        cache.mark_uncertain()
        assert cache.get(_key("/a"), 1) is None

    def test_an_answer_read_before_a_change_is_not_kept_after_it(self) -> None:
        cache = AnswerCache(100_000)
        cache.mark_certain(10)
        ticket = cache.ticket(_key("/a"), 1)
        cache.drop()
        assert not cache.put(ticket, _entry())
        assert cache.get(_key("/a"), 1) is None

    def test_is_not_used_without_confirmation(self) -> None:
        cache = AnswerCache(100_000)
        cache.mark_certain(0.05)
        cache.put(cache.ticket(_key("/a"), 1), _entry())
        time.sleep(0.06)
        assert cache.get(_key("/a"), 1) is None
        cache.mark_certain(10)  # no change was missed in between: the cache would have been dropped
        assert cache.get(_key("/a"), 1) is not None

    def test_the_least_recently_used_entry_is_removed_first(self) -> None:
        alone = AnswerCache(100_000)
        alone.mark_certain(10)
        alone.put(alone.ticket(_key("a"), 1), _entry())
        size = alone.size
        cache = AnswerCache(3 * size)
        cache.mark_certain(10)
        for name in "abc":
            cache.put(cache.ticket(_key(name), 1), _entry())
        cache.get(_key("a"), 1)
        cache.put(cache.ticket(_key("d"), 1), _entry())
        assert [cache.get(_key(name), 1) is not None for name in "abcd"] == [
            True,
            False,
            True,
            True,
        ]
        assert cache.size <= 3 * size
        assert not cache.put(cache.ticket(_key("big"), 1), _entry(10_000))

    def test_an_entry_that_is_stored_again_is_counted_once(self) -> None:
        cache = AnswerCache(100_000)
        cache.mark_certain(10)
        for size in (10, 5_000, 10):  # two requests read it at the same time
            ticket = cache.ticket(_key("/a"), 1)
            assert cache.put(ticket, _entry(size))
        again = cache.size
        cache.drop()
        assert cache.size == 0
        assert cache.put(cache.ticket(_key("/a"), 1), _entry())
        assert cache.size == again

    def test_entries_of_another_day_are_dropped(self) -> None:
        cache = AnswerCache(100_000)
        cache.mark_certain(10)
        yesterday = cache.ticket(_key("/b"), 1)
        cache.put(cache.ticket(_key("/a"), 1), _entry())
        assert cache.get(_key("/a"), 2) is None
        cache.ticket(_key("/a"), 2)
        assert not cache.put(yesterday, _entry())


def _name(api: Any) -> str:
    return str(api.json("/drivers/ada")["driver"]["family_name"])


def test_an_answer_read_before_notifications_arrive_is_not_kept(
    season_url: str, eventually: Any
) -> None:
    """Changes between its reading and the first LISTEN are not notified."""
    cache = AnswerCache(100_000)
    early = cache.ticket(_key("/a"), 1)
    watcher = Watcher(season_url, cache)
    watcher.start()
    eventually(lambda: cache.certain)
    assert not cache.put(early, _entry())
    assert cache.put(cache.ticket(_key("/a"), 1), _entry())
    watcher.stop()


def test_an_answer_is_kept_until_a_capture_is_processed(
    serve: Any, season: Any, eventually: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Without a notification, the answer would be kept for a minute.
    monkeypatch.setattr(watch, "BEAT_S", 60.0)
    monkeypatch.setattr(watch, "CERTAIN_S", 60.0)
    api = serve()
    assert _name(api) == "Falk"
    assert len(api.service.cache) == 1
    with season.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE drivers SET family_name = 'New' WHERE driver_id = 'ada'")
        assert _name(api) == "Falk"  # not committed
        connection.exec_driver_sql(f"NOTIFY {PROCESSED}")
    eventually(lambda: _name(api) == "New", 1)


def test_a_change_without_notification_is_visible_within_seconds(
    serve: Any, season: Any, eventually: Any
) -> None:
    api = serve()
    assert _name(api) == "Falk"
    season.execute(RENAME, name="By hand")
    season.engine.dispose()  # a session reports its counts when it ends
    eventually(lambda: _name(api) == "By hand", 20)


def test_an_answer_is_not_kept_if_data_changes_while_it_is_made(
    serve: Any, season: Any, eventually: Any
) -> None:
    """The change is committed and announced after the request has read the old rows."""
    api = serve()
    put = api.service.cache.put
    answers = []

    def slow_put(ticket: Any, entry: Any) -> bool:
        season.execute(RENAME, name="New")
        season.notify()
        eventually(lambda: api.service.cache.generation != ticket.generation)
        answers.append(put(ticket, entry))
        return bool(answers[-1])

    api.service.cache.put = slow_put
    assert _name(api) == "Falk"
    assert answers == [False]
    api.service.cache.put = put
    assert _name(api) == "New"


def test_no_answer_is_older_than_a_processed_notification(
    serve: Any, season: Any, eventually: Any
) -> None:
    """After the notification of a change, no new request gets the data from before it."""
    api = serve()
    stop = threading.Event()
    notified = 0
    wrong: list[str] = []

    def read() -> None:
        while not stop.is_set():
            at_least = notified
            number = int(_name(api).removeprefix("Falk") or 0)
            if number < at_least:
                wrong.append(f"{number} after {at_least}")
            time.sleep(0.002)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for number in range(1, 30):
        with season.engine.begin() as connection:
            connection.exec_driver_sql(
                f"UPDATE drivers SET family_name = 'Falk{number}' WHERE driver_id = 'ada'"
            )
            connection.exec_driver_sql(f"NOTIFY {PROCESSED}")
            generation = api.service.cache.generation
        eventually(lambda before=generation: api.service.cache.generation > before)
        notified = number
        time.sleep(0.02)
    stop.set()
    for reader in readers:
        reader.join()
    assert wrong == []
    assert _name(api) == "Falk29"


def test_the_channel_is_that_of_the_worker() -> None:
    assert PROCESSED == index.PROCESSED


def test_metrics_can_be_disabled(fresh_api: Any) -> None:
    _name(fresh_api)
    assert len(fresh_api.service.cache) == 0


def test_answers_for_operators_are_not_cached(serve: Any) -> None:
    api = serve()
    for path in ("/ledger", "/seasons/2024/status", "/", "/healthz", "/nothing", "/races?x=1"):
        api.get(path)
    assert len(api.service.cache) == 0


def test_different_requests_are_cached_separately(serve: Any) -> None:
    api = serve()
    path = "/races/2024-1/lap-times"
    for _ in range(2):
        assert "json" in api.get(path).headers["content-type"]
        assert "csv" in api.get(path, accept="text/csv").headers["content-type"]
        assert api.get(path, accept_encoding="identity").headers.get("content-encoding") is None
        assert api.get(path, accept_encoding="gzip").headers["content-encoding"] == "gzip"
        assert len(api.json(f"{path}?driver=ada")["laps"]) == 3


class Proxy:
    """Forwards bytes to the database; if `silent`, it drops them, as a broken link does."""

    def __init__(self, port: int) -> None:
        self.behind = port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._sockets: list[socket.socket] = []
        self.silent = False
        self.port = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listening.accept()
                far = socket.create_connection(("127.0.0.1", self.behind))
                self._sockets += [near, far]
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=self._pass, args=(one, other), daemon=True).start()

    def _pass(self, one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while content := one.recv(65_536):
                if not self.silent:
                    other.sendall(content)

    def close(self) -> None:
        for each in (self._listening, *self._sockets):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()


@pytest.fixture
def proxy(postgres: Any) -> Any:
    made = Proxy(postgres.port)
    yield made
    made.close()


def test_a_silently_broken_connection_is_detected_within_seconds(
    serve: Any, season: Any, season_url: str, proxy: Any, eventually: Any
) -> None:
    api = serve(season_url.replace(f":{proxy.behind}/", f":{proxy.port}/"))
    api.service.pool._url = season_url  # only the watcher's connection breaks
    assert _name(api) == "Falk"
    assert len(api.service.cache) == 1
    proxy.silent = True
    season.execute(RENAME, name="New")
    season.notify()
    eventually(lambda: _name(api) == "New", 4)
    assert api.get("/healthz").status_code == 503
    eventually(lambda: "no response within 3 s" in api.get("/readyz").text)
    proxy.silent = False
    eventually(lambda: api.get("/readyz").status_code == 200)
    assert _name(api) == "New"
    eventually(lambda: api.service.cache.certain)
