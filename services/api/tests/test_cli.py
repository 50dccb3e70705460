"""The command f1-api."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from f1_api import cli
from f1_devkit.servers.ports import free_port

COMMAND = str(Path(sys.executable).with_name("f1-api"))


class Ran(NamedTuple):
    """The result of a command."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Runs a command in this process, since imports take most of its time."""

    def call(*arguments: str, **environment: str) -> Ran:
        with monkeypatch.context() as patch:
            patch.setattr(sys, "argv", ["f1-api", *arguments])
            for name, value in environment.items():
                patch.setenv(name, value)
            with pytest.raises(SystemExit) as end:
                cli.main()
        out, err = capsys.readouterr()
        return Ran(int(end.value.code or 0), out, err)

    return call


def _alive(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz").status_code == 200
    except httpx.TransportError:
        return False


def _refuses(url: str) -> bool:
    try:
        httpx.get(f"{url}/livez")
    except httpx.TransportError:
        return True
    return False


def test_keys_are_created_listed_rotated_and_revoked(
    run: Any, season: Any, season_url: str
) -> None:
    def keys(*arguments: str) -> Any:
        return run("keys", *arguments, F1_DATABASE_URL=season_url)

    assert "there are no keys" in keys("list").stdout
    made = keys("create", "newsroom", "--expires-in", "90d")
    assert made.returncode == 0, made.stderr
    text = made.stdout.strip()
    key_id = text.split("_")[1]
    assert text.startswith("f1_")
    assert text not in made.stderr
    (listed,) = [json.loads(line) for line in keys("list", "--json").stdout.splitlines()]
    assert (listed["id"], listed["name"], listed["state"]) == (key_id, "newsroom", "live")
    assert text.rpartition("_")[2] not in keys("list").stdout
    with season.engine.connect() as connection:
        stored = connection.exec_driver_sql("SELECT a::text FROM api_keys a").scalar_one()
    secret = text.removeprefix(f"f1_{key_id}_")
    assert hashlib.sha256(secret.encode()).hexdigest() in stored
    assert secret not in stored
    assert secret.encode().hex() not in stored

    rotated = keys("rotate", key_id, "--overlap", "12h")
    assert "works until" in rotated.stderr
    new_id = rotated.stdout.split("_")[1]
    rows = [json.loads(line) for line in keys("list", "--json").stdout.splitlines()]
    assert [row["id"] for row in rows] == [key_id, new_id]
    assert rows[0]["expires_at"] < listed["expires_at"]
    assert rows[1]["expires_at"] is None

    assert keys("revoke", new_id).returncode == 0
    again = keys("revoke", new_id)
    assert again.returncode == 1
    assert "there is no active key" in again.stderr
    rows = [json.loads(line) for line in keys("list", "--json").stdout.splitlines()]
    assert [row["state"] for row in rows] == ["live", "revoked"]


def test_a_rotation_neither_extends_nor_restores_a_key(
    run: Any, season: Any, season_url: str
) -> None:
    def keys(*arguments: str) -> Any:
        return run("keys", *arguments, F1_DATABASE_URL=season_url)

    def ends() -> dict[str, str]:
        rows = [json.loads(line) for line in keys("list", "--json").stdout.splitlines()]
        return {row["id"]: row["expires_at"] for row in rows}

    key_id = keys("create", "newsroom", "--expires-in", "1h").stdout.split("_")[1]
    before = ends()
    assert keys("rotate", key_id, "--overlap", "12h").returncode == 0
    assert ends()[key_id] == before[key_id]
    for dead in ("expires_at = now()", "expires_at = NULL, revoked_at = now()"):
        season.execute(f"UPDATE api_keys SET {dead} WHERE key_id = :id", id=key_id)
        before = ends()
        refused = keys("rotate", key_id)
        assert (refused.returncode, "there is no active key" in refused.stderr) == (1, True)
        assert ends() == before


def test_a_key_gets_a_limit_and_a_changed_limit(run: Any, season_url: str) -> None:
    def keys(*arguments: str) -> Any:
        return run("keys", *arguments, F1_DATABASE_URL=season_url)

    def limits() -> list[str | None]:
        rows = keys("list", "--json").stdout.splitlines()
        return [json.loads(line)["limit"] for line in rows]

    key_id = keys("create", "newsroom", "--limit", "500/hour").stdout.split("_")[1]
    keys("create", "friends")
    assert limits() == ["500/hour", None]
    assert "500/hour" in keys("list").stdout
    assert "100/minute" in keys("limit", key_id, "100/min").stdout
    keys("rotate", key_id)
    assert limits() == ["100/minute", None, "100/minute"]
    assert "no limit" in keys("limit", key_id, "none").stdout
    assert limits() == [None, None, "100/minute"]
    unknown = keys("limit", "nobody", "5/hour")
    assert (unknown.returncode, "there is no active key" in unknown.stderr) == (1, True)
    for arguments in (("create", "x", "--limit", "many"), ("limit", key_id, "many")):
        refused = keys(*arguments)
        assert refused.returncode == 2
        assert "write 500/hour" in " ".join(refused.stderr.split())


@pytest.mark.parametrize(
    ("name", "message"),
    [("", "is empty"), (" \t", "is empty"), ("a\nb", "control"), ("x" * 101, "at most 100")],
)
def test_a_key_needs_a_valid_owner(run: Any, season_url: str, name: str, message: str) -> None:
    refused = run("keys", "create", name, F1_DATABASE_URL=season_url)
    assert refused.returncode == 2
    assert message in " ".join(refused.stderr.split())
    assert "no keys" in run("keys", "list", F1_DATABASE_URL=season_url).stdout


def test_invalid_usage_is_reported_at_once(run: Any) -> None:
    found = run(
        F1_DATABASE_URL="", F1_API_PORT="x", F1_API_KEYS="maybe", F1_API_ANONYMOUS_LIMIT="5"
    )
    assert found.returncode == 2
    assert "F1_API_PORT" in found.stderr
    assert "F1_API_KEYS" in found.stderr
    assert "write 500/hour" in found.stderr
    assert "Traceback" not in found.stderr
    away = run("keys", "list", F1_DATABASE_URL="postgresql://x:y@127.0.0.1:1/none")
    assert away.returncode == 1
    assert "the database failed:" in away.stderr
    assert run("keys", "create", "n", "--expires-in", "soon", F1_DATABASE_URL="x").returncode == 2


def test_the_openapi_document_needs_no_database(run: Any) -> None:
    printed = run("openapi")
    assert json.loads(printed.stdout)["openapi"].startswith("3.1")


@pytest.mark.parametrize(
    ("host", "addresses"),
    [("::", ["127.0.0.1", "[::1]"]), ("::1", ["[::1]"]), (None, ["127.0.0.1"])],
)
def test_it_listens_on_the_families_of_its_address(
    season_url: str, eventually: Any, host: str | None, addresses: list[str]
) -> None:
    port = free_port()
    environment = {**os.environ, "F1_DATABASE_URL": season_url, "F1_API_PORT": str(port)}
    if host is not None:
        environment |= {"F1_API_HOST": host, "F1_API_KEYS": "off"}
    process = subprocess.Popen([COMMAND], env=environment, stderr=subprocess.DEVNULL)
    try:
        for address in addresses:
            eventually(lambda url=f"http://{address}:{port}": _alive(url), 60)
        refused = {"127.0.0.1", "[::1]"} - set(addresses)
        assert not [one for one in refused if _alive(f"http://{one}:{port}")]
    finally:
        process.terminate()
        process.wait(timeout=20)


def test_sigterm_finishes_current_requests(season: Any, season_url: str, eventually: Any) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environment = {**os.environ, "F1_DATABASE_URL": season_url, "F1_API_PORT": str(port)}
    process = subprocess.Popen([COMMAND], env=environment, stderr=subprocess.PIPE, text=True)
    try:
        eventually(lambda: _alive(url), 30)
        answers: list[int] = []
        with season.engine.begin() as connection:
            connection.exec_driver_sql("LOCK TABLE races IN ACCESS EXCLUSIVE MODE")
            slow = threading.Thread(
                target=lambda: answers.append(httpx.get(f"{url}/races", timeout=20).status_code)
            )
            slow.start()
            waits = (
                "SELECT count(*) FROM pg_locks WHERE relation = 'races'::regclass AND NOT granted"
            )
            eventually(lambda: connection.exec_driver_sql(waits).scalar())
            process.send_signal(signal.SIGTERM)
            eventually(lambda: _refuses(url))
        slow.join()
        assert answers == [200]
        assert process.wait(timeout=20) == 0
    finally:
        process.kill()
        _, log = process.communicate()
    lines = [json.loads(line) for line in log.splitlines()]
    (request,) = [line for line in lines if line.get("path") == "/races"]
    assert request["event"] == "request"
    assert request["endpoint"] == "/races"
    assert request["status"] == 200
    assert request["cached"] is False
    assert {"request_id", "ms", "bytes", "client", "timestamp", "level"} <= request.keys()
    assert all(line["program"] == "f1-api" for line in lines)
