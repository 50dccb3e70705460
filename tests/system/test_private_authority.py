"""Postgres and S3 whose certificates a private authority signed, verified by every program.

Postgres is behind a pgbouncer in session mode, which terminates TLS: so all programs also work
through a pooler.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from authority import Authority
from pgbouncer import PgBouncer
from served import start

from f1_core.errors import StoreUnavailable
from f1_core.store.rawstore import RawStore
from f1_devkit.programs.installation import Installation
from f1_devkit.servers.jolpica.server import JolpicaServer
from f1_devkit.servers.postgres import Postgres
from f1_devkit.servers.s3 import S3
from f1_ingest.synthetic import season

HOST = "localhost"


@pytest.fixture(scope="session")
def folder(server_directory: Path) -> Path:
    made = server_directory / "authority"
    made.mkdir()
    made.chmod(0o711)
    return made


@pytest.fixture(scope="session")
def authority(folder: Path) -> Authority:
    return Authority(folder, "company")


@pytest.fixture(scope="session")
def other_authority(folder: Path) -> Authority:
    return Authority(folder, "other_authority")


@pytest.fixture(scope="session")
def database(postgres: Postgres, authority: Authority, folder: Path) -> Iterator[PgBouncer]:
    """An empty database `verified` behind TLS."""
    postgres.create_database("verified")
    certificate = authority.issue(HOST)
    with PgBouncer(folder, postgres.url(), "session", certificate=certificate) as pooler:
        yield pooler


@pytest.fixture(scope="session")
def secure_s3(authority: Authority, folder: Path) -> Iterator[S3]:
    with S3(folder / "s3", certificate=authority.issue(HOST)) as server:
        yield server


def migrate(**settings: str) -> subprocess.CompletedProcess[str]:
    """As the chart's hook, without patience."""
    return subprocess.run(
        [sys.executable, "-m", "f1_core.migrate"],
        env={**os.environ, "F1_MIGRATE_PATIENCE_S": "0", **settings},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_all_programs_work_and_verify(
    database: PgBouncer, secure_s3: S3, authority: Authority
) -> None:
    trusted = {
        "F1_DATABASE_URL": database.url("verified", HOST),
        "F1_DATABASE_CA_FILE": str(authority.certificates),
        "F1_S3_CA_FILE": str(authority.certificates),
        **secure_s3.environment("verified"),
        "F1_BUDGET_PER_SECOND": "1000",
        "F1_WORKER_METRICS_PORT": "0",
    }
    done = migrate(**trusted)
    assert done.returncode == 0, done.stderr
    settings = secure_s3.settings("verified").model_copy(update={"ca_file": authority.certificates})
    with RawStore(settings) as store:
        store.create()
    place = Installation({**os.environ, **trusted})
    with JolpicaServer(season(2024)) as source:
        place.environment["F1_SYNTHETIC_URL"] = source.url
        place.run("f1-ingest", "backfill", "--source", "synthetic", "--season", "2024",
                  "--rounds", "1", "--resources", "results")  # fmt: skip
    place.run("f1-worker", "run", "--drain")
    served = start(place)
    try:
        assert served.json("/races/2024-1")["results"]
    finally:
        served.client.close()
        for process in place.started:
            process.terminate()
            process.wait(timeout=30)


def test_an_existing_object_does_not_disturb_later_requests(
    secure_s3: S3, authority: Authority
) -> None:
    settings = secure_s3.settings("verified").model_copy(update={"ca_file": authority.certificates})
    with RawStore(settings) as store:
        store.create()
        written = [store.put("raw/again", bytes(size)) for size in (1_000, 100_000) * 20]
        assert written == [True] + [False] * 39
        assert store.get("raw/again") == bytes(1_000)
        assert list(store.keys("raw/again")) == ["raw/again"]


def test_another_authoritys_certificate_is_refused(
    database: PgBouncer, secure_s3: S3, other_authority: Authority
) -> None:
    done = migrate(
        F1_DATABASE_URL=database.url("verified", HOST),
        F1_DATABASE_CA_FILE=str(other_authority.certificates),
    )
    assert done.returncode == 1
    assert "certificate verify failed" in done.stderr
    settings = secure_s3.settings("verified").model_copy(
        update={"ca_file": other_authority.certificates, "attempts": 1}
    )
    with RawStore(settings) as store, pytest.raises(StoreUnavailable, match="CERTIFICATE_VERIFY"):
        store.check()


@pytest.mark.parametrize(
    ("query", "refused"), [({}, True), ({"sslmode": "verify-ca"}, False)], ids=["full", "ca"]
)
def test_the_host_name_is_verified_unless_the_url_has_verify_ca(
    database: PgBouncer, authority: Authority, query: dict[str, str], *, refused: bool
) -> None:
    done = migrate(
        F1_DATABASE_URL=database.url("verified", "127.0.0.1", **query),
        F1_DATABASE_CA_FILE=str(authority.certificates),
    )
    assert (done.returncode == 1) == refused, done.stderr
    assert ("does not match host name" in done.stderr) == refused


@pytest.mark.parametrize("mode", ["require", "prefer", "disable"])
def test_an_sslmode_without_verification_is_refused(authority: Authority, mode: str) -> None:
    done = migrate(
        F1_DATABASE_URL=f"postgresql://f1:hunter2@db/f1?sslmode={mode}",
        F1_DATABASE_CA_FILE=str(authority.certificates),
    )
    assert done.returncode == 2
    assert f"F1_DATABASE_URL: Value error, sslmode={mode} does not verify" in done.stderr
    assert "hunter2" not in done.stderr


FILES: dict[str, Callable[[Path], object]] = {
    "cannot be read: No such file": lambda _: None,
    "has no certificate: write a file of certificates in PEM form": lambda file: file.write_text(
        "certificate"
    ),
}


@pytest.mark.parametrize("words", FILES)
def test_a_file_without_certificates_is_refused(tmp_path: Path, words: str) -> None:
    file = tmp_path / "ca.pem"
    FILES[words](file)
    done = migrate(F1_DATABASE_URL="postgresql://f1@db/f1", F1_DATABASE_CA_FILE=str(file))
    assert done.returncode == 2
    assert "F1_DATABASE_CA_FILE: " in done.stderr
    assert words in done.stderr
