"""A bucket with foreign objects: 1,000 mutated objects, and garbage keys."""

import json
import random
import time
import urllib.request
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import msgspec
import sqlalchemy as sa

from f1_core.capture import parse_key
from f1_core.ledger.decisions import Decision
from f1_core.store.rawstore import RawStore
from f1_devkit.programs.installation import Installation
from f1_devkit.programs.processes import program
from f1_devkit.servers.ports import LOOPBACK, free_port
from f1_devkit.servers.postgres import Postgres
from f1_devkit.servers.s3 import S3

Attack = Callable[..., AbstractContextManager[object]]
VALUES: list[object] = [
    None, True, -1, 0, 10**30, 1.5, "", "\0", "x" * 70_000, [], {}, "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00", 99_999_999_999_999, "raw/../x", ["purge"],
]  # fmt: skip


def mutated(content: bytes, chance: random.Random) -> bytes:
    """Content with a field exchanged, or with changed, truncated, nested or repeated bytes."""
    kind = chance.randrange(5)
    if kind == 0:
        fields = json.loads(content)
        fields[chance.choice(list(fields))] = chance.choice(VALUES)
        return json.dumps(fields).encode()
    at = chance.randrange(len(content))
    if kind == 1:
        return content[:at] + chance.randbytes(3) + content[at + 3 :]
    if kind == 2:
        return content[:at]
    if kind == 3:
        return b"[" * 100_000 + content
    return content + content


def test_1000_mutated_objects_and_garbage_keys_do_not_stop_the_worker(
    *, installation: Installation, postgres: Postgres, template_database: str, s3: S3,
    tmp_path: Path, attack: Attack,
) -> None:  # fmt: skip
    """In another database and bucket, valid captures are processed, and the rest is counted."""
    chance = random.Random(14)
    good = {}
    with s3.store(installation.environment["F1_S3_BUCKET"]) as first:
        good = {key: first.get(key) for key in first.keys("raw/")}
    url = postgres.create_database("f1_odd_objects", template_database)
    with s3.store("f1-odd-objects") as store:
        _fill(store, good, chance)
        port = free_port()
        environment = {
            **installation.environment,
            **s3.environment(store.bucket),
            "F1_DATABASE_URL": url,
            "F1_WORKER_METRICS_PORT": str(port),
            "F1_WORKER_SWEEP_EVERY_S": "1",
            "F1_WORKER_BACKOFF_S": "0.05",
        }
        worker = program("f1-worker", "run", directory=tmp_path, environment=environment)
        engine = sa.create_engine(url, poolclass=sa.NullPool)
        with worker as child, attack(child.pid, most_mb=300):
            _until(engine, "SELECT swept_at IS NOT NULL FROM installation")
            _until(engine, "SELECT count(*) = 0 FROM captures WHERE state = 'pending'")
            with urllib.request.urlopen(f"http://{LOOPBACK}:{port}/healthz") as answer:
                assert answer.status == 200
            with urllib.request.urlopen(f"http://{LOOPBACK}:{port}/metrics") as answer:
                metrics = answer.read().decode()
    assert 'f1_thread_failures_total{thread="sweeper"} 0.0' in metrics
    with engine.connect() as connection:
        found = connection.execute(sa.text("SELECT count(*) FROM unreadable_objects")).scalar_one()
        processed = set(
            connection.execute(
                sa.text("SELECT capture_key FROM captures WHERE state = 'processed'")
            ).scalars()
        )
        silent = connection.execute(
            sa.text("SELECT count(*) FROM captures WHERE state = 'quarantined' AND reason IS NULL")
        ).scalar_one()
    assert found > 400
    assert processed >= set(good)
    assert silent == 0


def _fill(store: RawStore, good: dict[str, bytes], chance: random.Random) -> None:
    for key, content in good.items():
        store.put(key, content)
    last = max(part.order for key in good if (part := parse_key(key)))
    started = min(part.started_at for key in good if (part := parse_key(key)))
    for number in range(500):
        made = Decision(
            kind="confirm", order=last + 1 + number, decided_by="x", decided_at=started,
            capture_key=next(iter(good)),
        )  # fmt: skip
        store.put(made.key, mutated(msgspec.json.encode(made), chance))
    for number in range(500):
        key, content = chance.choice(list(good.items()))
        order = last + 1_000 + number
        store.put(f"{key.rpartition('-')[0]}-{order:012d}.json", mutated(content, chance))
    for number in range(200):
        store.put(f"raw/2024-05-26/{number}.jpg", chance.randbytes(100))
        store.put(f"{next(iter(good)).rpartition('-')[0]}-{10**13 + number}.json", b"{}")


def _until(engine: sa.Engine, question: str) -> None:
    deadline = time.monotonic() + 100
    while True:
        with engine.connect() as connection:
            if connection.execute(sa.text(question)).scalar():
                return
        assert time.monotonic() < deadline, question
        time.sleep(0.2)
