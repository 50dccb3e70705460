"""Everything that is wrong with the settings is told at once."""

import pytest

from f1_core.errors import SettingsError
from f1_core.rawstore import StoreSettings
from f1_core.settings import DatabaseSettings, LogSettings, SourceSettings, load


def test_all_problems_are_listed_by_the_variables_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("F1_DATABASE_URL", raising=False)
    monkeypatch.delenv("F1_S3_BUCKET", raising=False)
    monkeypatch.setenv("F1_DATABASE_POOL_SIZE", "many")
    monkeypatch.setenv("F1_SOURCE_ORDER", "jolpica,ergast")
    with pytest.raises(SettingsError) as error:
        load(DatabaseSettings, StoreSettings, SourceSettings)
    message = str(error.value)
    assert "F1_DATABASE_URL is not set" in message
    assert "F1_S3_BUCKET is not set" in message
    assert "F1_DATABASE_POOL_SIZE" in message
    assert "F1_SOURCE_ORDER" in message
    assert "name each source once, best first" in message


def test_a_password_does_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("F1_DATABASE_URL", "postgresql://f1:secret@db/f1")
    [settings] = load(DatabaseSettings)
    assert "secret" not in repr(settings)


def test_the_order_of_sources_is_a_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("F1_SOURCE_ORDER", "ergast-csv, jolpica, jolpica-csv, openf1, synthetic")
    [settings] = load(SourceSettings)
    assert settings.order[0] == "ergast-csv"


@pytest.mark.parametrize("url", ["", "db.example:5432/f1", "mysql://f1:secret@db/f1"])
def test_an_address_that_is_none_of_postgres_is_told_how_to_write_it(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("F1_DATABASE_URL", url)
    with pytest.raises(SettingsError, match="write postgresql://user:password@host") as error:
        load(DatabaseSettings)
    assert "secret" not in str(error.value)


def test_logs_have_levels_and_formats_that_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("F1_LOG_LEVEL", "warning")
    [settings] = load(LogSettings)
    assert settings.level == "WARNING"
    monkeypatch.setenv("F1_LOG_LEVEL", "LOUD")
    monkeypatch.setenv("F1_LOG_FORMAT", "yaml")
    with pytest.raises(SettingsError, match=r"(?s)F1_LOG_LEVEL.*F1_LOG_FORMAT"):
        load(LogSettings)
