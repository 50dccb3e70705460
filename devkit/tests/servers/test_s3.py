"""The S3 server, and the proxy with faults."""

import http.client
from pathlib import Path
from types import SimpleNamespace

import pytest

from f1_core.errors import StoreUnavailable
from f1_core.store.rawstore import RawStore
from f1_devkit.servers.s3 import S3, MissingServer, find_versitygw
from f1_devkit.servers.s3_faults import S3FaultProxy


def through(proxy: S3FaultProxy, s3: S3, store: RawStore, attempts: int = 6) -> RawStore:
    settings = s3.settings(store.bucket, endpoint=proxy.endpoint)
    return RawStore(settings.model_copy(update={"attempts": attempts}))


def test_an_object_is_written_once_and_listed_in_order(store: RawStore) -> None:
    assert store.put("raw/b.json", b"first")
    assert not store.put("raw/b.json", b"second")
    store.put("raw/a.json", b"{}")

    assert store.get("raw/b.json") == b"first"
    assert list(store.keys("raw/")) == ["raw/a.json", "raw/b.json"]
    assert list(store.keys("raw/", after="raw/a.json")) == ["raw/b.json"]
    with pytest.raises(KeyError):
        store.get("raw/c.json")


def test_objects_outlive_the_server(tmp_path: Path) -> None:
    with S3(tmp_path) as s3, s3.store("kept") as store:
        store.put("raw/a.json", b"{}")
    with S3(tmp_path) as s3, s3.store("kept") as store:
        assert store.get("raw/a.json") == b"{}"


def test_a_proxy_without_faults_changes_nothing(
    s3_proxy: S3FaultProxy, s3: S3, store: RawStore
) -> None:
    with through(s3_proxy, s3, store) as proxied:
        content = bytes(range(256)) * 4000
        assert proxied.put("raw/a.bin", content, "application/octet-stream")
        assert proxied.get("raw/a.bin") == content
        assert list(proxied.keys("raw/")) == ["raw/a.bin"]
        proxied.check()
    assert set(s3_proxy.faults.counts) == {"passed"}


def test_errors_and_lost_responses_are_retried(
    s3_proxy: S3FaultProxy, s3: S3, store: RawStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    # botocore's back-off grows to seconds
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda seconds: None))
    s3_proxy.faults.error = s3_proxy.faults.lost = 0.15
    keys = [f"raw/{number:02d}.json" for number in range(20)]
    with through(s3_proxy, s3, store) as proxied:
        for key in keys:
            proxied.put(key, b"{}")
        assert list(proxied.keys("raw/")) == keys
    assert s3_proxy.faults.counts["error"] > 0
    assert s3_proxy.faults.counts["lost"] > 0


def test_a_server_that_is_down_is_unavailable(
    s3_proxy: S3FaultProxy, s3: S3, store: RawStore
) -> None:
    s3_proxy.faults.down = True
    with through(s3_proxy, s3, store, attempts=1) as proxied, pytest.raises(StoreUnavailable):
        proxied.check()


def test_chunked_bodies_are_forwarded(s3_proxy: S3FaultProxy) -> None:
    address = s3_proxy.endpoint.removeprefix("http://")
    connection = http.client.HTTPConnection(address, timeout=10)
    connection.request("PUT", "/nobody/a", body=iter([b"one", b"two"]), encode_chunked=True)
    answer = connection.getresponse()
    assert answer.status == 404  # from the server: no such bucket
    assert b"NoSuchBucket" in answer.read()
    connection.close()


def test_the_proxy_closes_connections_when_the_server_is_down(tmp_path: Path) -> None:
    with S3(tmp_path) as s3, S3FaultProxy(s3.port) as proxy:
        s3.stop()
        connection = http.client.HTTPConnection(proxy.endpoint.removeprefix("http://"))
        connection.request("GET", "/")
        with pytest.raises(http.client.RemoteDisconnected):
            connection.getresponse()
        connection.close()


def test_a_missing_server_is_reported_with_the_command_that_builds_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("F1_VERSITYGW", str(tmp_path / "nothing"))
    with pytest.raises(MissingServer, match="not a program"):
        find_versitygw()
    monkeypatch.setenv("F1_VERSITYGW", "")
    monkeypatch.setenv("PATH", "")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("f1_devkit.servers.s3.__file__", str(tmp_path / "s3.py"))
    with pytest.raises(MissingServer, match="make install"):
        find_versitygw()
