"""The command f1-worker: messages, tables, JSON, exit codes."""

import json
import re
import socket
import time
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from prometheus_client import REGISTRY
from recorded_seasons import NOON, Drain, Recorder, Run
from sqlalchemy import text

from f1_core.capture import Page
from f1_core.errors import SettingsError
from f1_core.program.probes import ProbeServer
from f1_core.store.rawstore import RawStore
from f1_devkit.programs.tables import count
from f1_worker.commands.tables import table
from f1_worker.health import Health
from f1_worker.settings import WorkerSettings


def test_captures_that_need_attention_are_listed_with_their_reason(
    recorder: Recorder, drain: Drain, run: Run
) -> None:
    poison = recorder.make("laps", 1, pages=[Page.of("/x", b"{}", NOON)])
    recorder.put(recorder.make("schedule"), poison)
    drain()
    listed = run("list", "--state", "quarantined")
    assert listed.exit_code == 0
    [names, row] = listed.stdout.splitlines()
    assert names.split()[:2] == ["STATE", "ROWS"]
    assert row.startswith("quarantined")
    assert poison.key in row
    assert "page 1" in row
    [found] = json.loads(run("list", "--state", "quarantined", "--json").stdout)
    assert found["capture_key"] == poison.key
    everything = run("list", "--limit", "1")
    assert "and more: --limit 10" in everything.stderr
    assert "schedule" in everything.stdout  # which is newer
    nothing = run("list", "--state", "held", "--state", "pending", "--season", "2031")
    assert (nothing.exit_code, nothing.stdout) == (0, "")
    assert nothing.stderr == "no captures are held or pending of 2031\n"
    assert json.loads(run("list", "--state", "held", "--json").stdout) == []
    unknown = run("list", "--state", "lost")
    assert unknown.exit_code == 2
    assert "no state lost" in unknown.stderr


def test_a_capture_is_shown_with_its_header_and_slices(
    recorder: Recorder, drain: Drain, run: Run
) -> None:
    first, second = recorder.make("laps", 1), recorder.make("laps", 1)
    recorder.put(recorder.make("schedule"), first, second)
    drain()
    shown = run("show", second.key)
    assert shown.exit_code == 0
    assert re.search(r"state +unchanged", shown.stdout)
    assert re.search(r"synthetic +True", shown.stdout)
    assert first.key in shown.stdout
    as_json = json.loads(run("show", second.key, "--json").stdout)
    assert as_json["slices"][0]["applied"] == first.key
    assert as_json["header"]["order"] == second.header.order
    missing = run("show", "raw/none.json")
    assert missing.exit_code == 1
    assert missing.stderr.startswith("f1-worker: the ledger has no capture raw/none.json")


def test_confirm_release_and_retry_refuse_captures_in_other_states(
    recorder: Recorder, drain: Drain, run: Run, engine: sa.Engine
) -> None:
    few = recorder.dataset.copy()
    few.weekends[0].laps = few.weekends[0].laps[:20]

    def lose_a_stop(answer: dict[str, Any]) -> None:
        del answer["MRData"]["RaceTable"]["Races"][0]["PitStops"][0]

    schedule, laps = recorder.make("schedule"), recorder.make("laps", 1)
    held = recorder.make("laps", 1, dataset=few)
    inconsistent = recorder.make("pitstops", 1, change=lose_a_stop)
    unreadable = recorder.make("results", 1, pages=[Page.of("/x", b"{}", NOON)])
    recorder.put(schedule, laps, held, inconsistent, unreadable)
    drain()

    assert run("confirm", held.key, "--by", "a person", "--why", "seen").exit_code == 0
    assert run("accept", inconsistent.key, "--by", "a person").exit_code == 0
    drain()
    assert count(engine, "lap_times") == 20
    assert count(engine, "pit_stops") == len(recorder.dataset.weekends[0].pit_stops) - 1

    for arguments, answer in (
        (("confirm", laps.key), "is superseded, not held"),
        (("accept", laps.key), "is superseded, not quarantined"),
        (("release", unreadable.key), "its rows cannot be read, so it cannot be accepted"),
    ):
        refused = run(*arguments)
        assert refused.exit_code == 1, arguments
        assert answer in refused.stderr
    assert run("retry", unreadable.key).stdout == "1 queued for the worker\n"
    drain()
    assert run("retry", "--all-quarantined").stdout == "1 queued for the worker\n"
    assert run("retry").exit_code == 2
    dismissed = run("dismiss", unreadable.key, "--reason", "the source is broken")
    assert dismissed.stdout.startswith("dismissed: ")
    drain()
    assert "superseded" in run("show", unreadable.key).stdout
    assert run("list", "--state", "quarantined").stdout == ""
    again = run("dismiss", unreadable.key)
    assert again.exit_code == 1
    assert "neither held nor quarantined" in again.stderr
    assert run("reprocess", "--season", "2024").stdout == "5 queued for the worker\n"


def test_purge_asks_for_confirmation(
    recorder: Recorder, drain: Drain, run: Run, engine: sa.Engine
) -> None:
    recorder.put(recorder.make("schedule"))
    drain()
    recorder.order = 10
    assert run("purge", "2024", input="n\n").exit_code == 1
    assert count(engine, "races") == 3
    with engine.begin() as connection:
        connection.execute(sa.text("SELECT setval('capture_order', 20)"))
    purged = run("purge", "2024", "--yes", "--by", "a person")
    assert "2024 is purged" in purged.stdout
    assert count(engine, "races") == 0


def test_a_purge_with_a_new_ledger_is_newer_than_captures_in_s3(
    recorder: Recorder, drain: Drain, run: Run, engine: sa.Engine
) -> None:
    recorder.order = 100
    recorder.put(recorder.make("schedule"), recorder.make("laps", 1), announce=False)
    assert run("purge", "2024", "--yes").exit_code == 0
    drain()
    assert count(engine, "captures") == 2
    assert count(engine, "races") == 0


def test_an_invalid_season_is_not_purged(run: Run, store: RawStore) -> None:
    refused = run("purge", "20240000000", "--yes")
    assert refused.exit_code == 2
    assert "2999" in refused.stderr
    assert list(store.keys("decisions/")) == []


def test_a_user_without_a_name_is_recorded_by_number(
    recorder: Recorder, run: Run, engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nameless() -> str:
        raise KeyError("getpwuid(): uid not found: 10001")

    monkeypatch.setattr("getpass.getuser", nameless)
    assert run("purge", "2024", "--yes").exit_code == 0
    with engine.connect() as connection:
        by = connection.execute(sa.text("SELECT decided_by FROM decisions")).scalar_one()
    assert by.startswith("uid ")


def test_a_sweep_finds_captures_that_were_not_announced(recorder: Recorder, run: Run) -> None:
    recorder.put(recorder.make("schedule"), announce=False)
    assert run("sweep").stdout == "1 found that were not in the ledger\n"
    assert run("sweep", "--full").stdout == "0 found that were not in the ledger\n"


def test_all_missing_settings_are_reported_at_once(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("F1_DATABASE_URL")
    monkeypatch.delenv("F1_S3_BUCKET")
    failed = run("list")
    assert failed.exit_code == 2
    assert "F1_DATABASE_URL is not set" in failed.stderr
    assert "F1_S3_BUCKET is not set" in failed.stderr


def test_an_unavailable_database_is_reported_in_one_sentence(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("F1_DATABASE_URL", "postgresql://f1@127.0.0.1:1/f1")
    failed = run("list")
    assert failed.exit_code == 1
    assert failed.stderr.startswith("f1-worker: the database failed: connection to server")


def test_tables_never_truncate_a_key() -> None:
    assert table(("state", "key"), [("held", "a" * 300), (None, "b")]).splitlines() == [
        "STATE  KEY",
        "held   " + "a" * 300,
        "-      b",
    ]


def _serving(health: Health, host: str) -> ProbeServer:
    probes = {"alive": health.alive, "ready": health.ready}
    return ProbeServer(host, 0, **probes, state=health.state, port_setting="PORT")


@pytest.fixture
def served() -> Iterator[tuple[ProbeServer, list[float]]]:
    turned_at = [0.0]
    with _serving(Health(lambda: turned_at[0], stall_s=60), "127.0.0.1") as server:
        yield server, turned_at


def fetch(server: ProbeServer, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{server.port}{path}", timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_healthz_reports_whether_the_loop_iterates(
    served: tuple[ProbeServer, list[float]], monkeypatch: pytest.MonkeyPatch
) -> None:
    server, turned_at = served
    monkeypatch.setattr("f1_worker.health.time.monotonic", lambda: 1000.0)
    turned_at[0] = 990.0
    assert fetch(server, "/healthz") == (200, "the loop's last iteration was 10.0 s ago\n")
    turned_at[0] = 900.0
    assert fetch(server, "/healthz") == (503, "the loop's last iteration was 100.0 s ago\n")
    assert fetch(server, "/elsewhere")[0] == 404


def test_readyz_waits_for_the_loops_first_iteration(
    served: tuple[ProbeServer, list[float]],
) -> None:
    server, turned_at = served
    assert fetch(server, "/readyz") == (503, "the loop has not started\n")
    turned_at[0] = time.monotonic()
    assert fetch(server, "/readyz")[0] == 200
    turned_at[0] -= 61
    assert fetch(server, "/readyz")[0] == 503


@pytest.mark.parametrize("address", ["127.0.0.1", "[::1]"])
def test_probes_and_metrics_answer_over_both_families(address: str) -> None:
    health = Health(time.monotonic, stall_s=60)
    with _serving(health, WorkerSettings().metrics_host) as server:
        url = f"http://{address}:{server.port}/metrics"
        with urllib.request.urlopen(url, timeout=30) as answer:
            assert answer.status == 200


def test_an_idle_connection_does_not_block_probes(
    served: tuple[ProbeServer, list[float]],
) -> None:
    server, turned_at = served
    turned_at[0] = time.monotonic()
    with socket.create_connection(("127.0.0.1", server.port)):
        assert fetch(server, "/healthz")[0] == 200


def test_metrics_count_captures_by_outcome(
    recorder: Recorder, drain: Drain, served: tuple[ProbeServer, list[float]]
) -> None:
    poison = recorder.make("laps", 1, pages=[Page.of("/x", b"{}", NOON)])
    recorder.put(recorder.make("schedule"), poison)
    drain()
    _, text = fetch(served[0], "/metrics")
    assert 'f1_processed_files_total{resource="laps",state="quarantined"}' in text
    assert 'f1_processing_seconds_bucket{le="0.5",resource="schedule"}' in text


def test_settings_out_of_range_are_reported(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("F1_WORKER_LEASE_S", "-1")
    failed = run("sweep")
    assert failed.exit_code == 2
    assert "F1_WORKER_LEASE_S" in failed.stderr
    assert SettingsError.__name__ not in failed.stderr


def test_the_lag_of_new_captures_is_measured_from_their_announcement(
    recorder: Recorder, drain: Drain, engine: sa.Engine
) -> None:
    def measured() -> tuple[float, float]:
        count = REGISTRY.get_sample_value("f1_processing_lag_seconds_count")
        return count or 0, REGISTRY.get_sample_value("f1_processing_lag_seconds_sum") or 0

    recorder.put(recorder.make("schedule"), recorder.make("laps", 1))
    with engine.begin() as connection:
        connection.execute(text("UPDATE captures SET announced_at = now() - interval '100 s'"))
    before = measured()
    drain()
    count, seconds = (now - then for now, then in zip(measured(), before, strict=True))
    assert count == 2
    assert 200 <= seconds < 260
    with engine.begin() as connection:  # to be read again by a newer parser
        connection.execute(text("UPDATE captures SET state = 'pending'"))
    drain()
    assert measured()[0] == before[0] + 2
