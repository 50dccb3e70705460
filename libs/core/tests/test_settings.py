"""Everything that is wrong with the settings is told at once."""

import pytest

from f1_core.errors import SettingsError
from f1_core.rawstore import StoreSettings
from f1_core.settings import DatabaseSettings, SourceSettings, load


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
