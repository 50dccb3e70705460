"""The command line: settings and usage errors, exit codes, help."""

from collections.abc import Callable
from subprocess import CompletedProcess

import pytest
import sqlalchemy as sa

from f1_devkit.servers.jolpica.server import JolpicaServer
from f1_ingest.commands.progress import Progress

Ingest = Callable[..., CompletedProcess[str]]


def test_all_wrong_settings_are_reported_at_once(
    ingest: Ingest, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = ingest(
        "poll",
        F1_BUDGET_PER_HOUR="many",
        F1_BUDGET_PER_SECOND=0,
        F1_JOLPICA_URL="api.jolpi.ca",
        F1_HTTP_TIMEOUT_S=-1,
        F1_POLL_SHARE=2,
    )
    assert ran.returncode == 2
    for name in ("BUDGET_PER_HOUR", "BUDGET_PER_SECOND", "HTTP_TIMEOUT_S", "POLL_SHARE"):
        assert f"F1_{name}: " in ran.stderr
    assert "F1_JOLPICA_URL: Value error, write a URL with http:// or https://" in ran.stderr


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("backfill", "--season", 2024, "--rounds", "1-"), "invalid rounds '1-'"),
        (("backfill", "--season", 1949), "there is no season '1949'"),
        (("backfill", "--season", 2024, "--source", "kaggle"), "there is no source 'kaggle'"),
        (("backfill", "--season", 2024, "--source", "ergast-csv"), "f1-ingest import --source"),
        (("backfill", "--season", 2024, "--resources", "weather"), "jolpica has no weather"),
        (("round", "--season", 2024, "--round", 1, "--as-of", "soon"), "soon"),
        (("import", "--source", "jolpica"), "there is no archive 'jolpica'"),
        (("import",), "no location of the Ergast archive"),
        (("import", "/nowhere"), "there is no folder or file /nowhere"),
        (("backfill",), "--season"),
        (("fly",), "fly"),
    ],
)
def test_wrong_usage_is_explained(
    arguments: tuple[object, ...], why: str, ingest: Ingest, source: JolpicaServer
) -> None:
    ran = ingest(*arguments, F1_JOLPICA_URL=source.url)
    assert ran.returncode == 2
    assert why in ran.stderr
    assert len(source.log) == 0


def test_a_round_that_the_season_does_not_have_is_wrong_usage(
    ingest: Ingest, source: JolpicaServer
) -> None:
    ran = ingest("backfill", "--season", 2024, "--rounds", "20-31", F1_JOLPICA_URL=source.url)
    rounds = len(source.dataset.season(2024))
    assert ran.returncode == 2
    assert f"it has 1 to {rounds}" in ran.stderr


def test_a_missing_database_is_reported_in_one_line(ingest: Ingest, source: JolpicaServer) -> None:
    ran = ingest(
        *("backfill", "--season", 2024),
        F1_JOLPICA_URL=source.url,
        F1_DATABASE_URL="postgresql://nobody@127.0.0.1:1/none",
        F1_INGEST_DATABASE_PATIENCE_S=0,
    )
    assert ran.returncode == 1
    assert ran.stderr.startswith("f1-ingest: the database failed:")
    assert len(source.log) == 0, "no database, no request"


def test_without_a_schema_the_error_names_the_command_to_run(
    ingest: Ingest, engine: sa.Engine, source: JolpicaServer
) -> None:
    with engine.begin() as connection:
        connection.execute(sa.text("DROP TABLE alembic_version"))
    ran = ingest("backfill", "--season", 2024, F1_JOLPICA_URL=source.url)
    assert ran.returncode == 1
    assert "run f1 migrate" in ran.stderr
    assert len(source.log) == 0


def test_a_missing_bucket_is_a_failure(ingest: Ingest, source: JolpicaServer) -> None:
    ran = ingest("backfill", "--season", 2024, F1_JOLPICA_URL=source.url, F1_S3_BUCKET="nowhere")
    assert ran.returncode == 1
    assert "s3://nowhere" in ran.stderr
    assert len(source.log) == 0


@pytest.mark.parametrize("command", ["poll", "backfill", "round", "import", "plan"])
def test_each_command_has_help(command: str, ingest: Ingest) -> None:
    ran = ingest(command, "--help")
    assert ran.returncode == 0
    assert "Usage: f1-ingest" in ran.stdout


def test_current_is_this_years_season_and_may_not_exist_yet(
    ingest: Ingest, source: JolpicaServer
) -> None:
    daily = ("backfill", "--season", "current", "--refresh", "--resources", "results")
    ran = ingest(*daily, "--as-of", "2024-03-12", F1_JOLPICA_URL=source.url)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith("2024: 1 captured")
    ran = ingest(*daily, "--as-of", "2031-01-01", F1_JOLPICA_URL=source.url)
    assert (ran.returncode, ran.stdout) == (0, "jolpica has no races of 2031 yet\n")


def test_a_bar_is_shown_on_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress(bar=True)
    with progress.of(3, 1):
        progress.step("laps of 2024 round 1", "captured")
    assert "2/3" in capsys.readouterr().err
