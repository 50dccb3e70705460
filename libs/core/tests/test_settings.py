"""All problems of the settings are reported at once."""

from pathlib import Path

import pytest
from authority import Authority
from sqlalchemy import make_url

from f1_core.errors import SettingsError
from f1_core.settings import DatabaseSettings, LogSettings, SourceSettings, load
from f1_core.sources import SOURCES
from f1_core.store.rawstore import StoreSettings


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


def test_a_password_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("F1_DATABASE_URL", "postgresql://f1:secret@db/f1")
    [settings] = load(DatabaseSettings)
    assert "secret" not in repr(settings)


@pytest.mark.parametrize(
    ("parameters", "mode"),
    [("", "verify-full"), ("?sslmode=verify-ca", "verify-ca"), ("?sslmode=require", None)],
)
def test_with_a_ca_file_the_databases_certificate_is_verified(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, parameters: str, mode: str | None
) -> None:
    certificates = Authority(tmp_path, "authority").certificates
    monkeypatch.setenv("F1_DATABASE_CA_FILE", str(certificates))
    monkeypatch.setenv("F1_DATABASE_URL", f"postgresql://f1:secret@db/f1{parameters}")
    if mode is None:
        with pytest.raises(SettingsError, match="sslmode=require does not verify"):
            load(DatabaseSettings)
        return
    [settings] = load(DatabaseSettings)
    query = make_url(settings.url.get_secret_value()).query
    assert query == {"sslmode": mode, "sslrootcert": str(certificates)}


def test_parameters_of_the_databases_url_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificates = Authority(tmp_path, "authority").certificates
    own = "sslrootcert=%2Fown.pem&application_name=&sslmode=verify-ca"
    monkeypatch.setenv("F1_DATABASE_CA_FILE", str(certificates))
    monkeypatch.setenv("F1_DATABASE_URL", f"postgresql://f1:secret@db/f1?{own}")
    [settings] = load(DatabaseSettings)
    assert settings.url.get_secret_value() == f"postgresql://f1:secret@db/f1?{own}"


def test_a_file_without_certificates_is_refused_with_what_to_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("F1_DATABASE_URL", "postgresql://f1:secret@db/f1")
    empty = tmp_path / "empty.pem"
    empty.write_text("no certificate")
    monkeypatch.setenv("F1_DATABASE_CA_FILE", str(empty))
    with pytest.raises(SettingsError, match=r"empty\.pem has no certificate: write a file of"):
        load(DatabaseSettings)
    monkeypatch.setenv("F1_DATABASE_CA_FILE", str(tmp_path / "none.pem"))
    with pytest.raises(SettingsError, match=r"none\.pem cannot be read: No such file"):
        load(DatabaseSettings)


def test_the_order_of_sources_is_a_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("F1_SOURCE_ORDER", "ergast-csv, jolpica")
    [settings] = load(SourceSettings)
    assert settings.order[:2] == ("ergast-csv", "jolpica")
    assert sorted(settings.order) == sorted(SOURCES)


def test_no_source_is_twice_in_the_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("F1_SOURCE_ORDER", "jolpica, jolpica")
    with pytest.raises(SettingsError, match="name each source once"):
        load(SourceSettings)


@pytest.mark.parametrize("url", ["", "db.example:5432/f1", "mysql://f1:secret@db/f1"])
def test_an_invalid_database_url_is_refused_with_the_correct_format(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("F1_DATABASE_URL", url)
    with pytest.raises(SettingsError, match="write postgresql://user:password@host") as error:
        load(DatabaseSettings)
    assert "secret" not in str(error.value)


def test_only_known_log_levels_and_formats_are_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("F1_LOG_LEVEL", "warning")
    [settings] = load(LogSettings)
    assert settings.level == "WARNING"
    monkeypatch.setenv("F1_LOG_LEVEL", "LOUD")
    monkeypatch.setenv("F1_LOG_FORMAT", "yaml")
    with pytest.raises(SettingsError, match=r"(?s)F1_LOG_LEVEL.*F1_LOG_FORMAT"):
        load(LogSettings)


class TestSecretsAsFiles:
    """As Kubernetes mounts a Secret: a file for each key, which are links to links."""

    @pytest.fixture
    def folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        for name in ("F1_DATABASE_URL", "F1_S3_SECRET_ACCESS_KEY", "F1_S3_ACCESS_KEY_ID"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("F1_S3_BUCKET", "raw")
        monkeypatch.setenv("F1_SECRETS_DIR", str(tmp_path))
        data = tmp_path / "..2026_11_28"
        data.mkdir()
        (tmp_path / "..data").symlink_to(data.name)
        secrets = {
            "F1_DATABASE_URL": "postgresql://f1:of-the-file@db/f1\n",
            "F1_S3_ACCESS_KEY_ID": "id",
            "F1_S3_SECRET_ACCESS_KEY": "key",
        }
        for name, text in secrets.items():
            (data / name).write_text(text)
            (tmp_path / name).symlink_to(f"..data/{name}")
        return tmp_path

    @pytest.mark.usefixtures("folder")
    def test_are_read(self) -> None:
        database, store = load(DatabaseSettings, StoreSettings)
        assert database.url.get_secret_value() == "postgresql://f1:of-the-file@db/f1"
        assert store.secret_access_key is not None
        assert store.secret_access_key.get_secret_value() == "key"

    @pytest.mark.usefixtures("folder")
    def test_the_environment_wins(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("F1_DATABASE_URL", "postgresql://f1:other@db/f1")
        [database] = load(DatabaseSettings)
        assert "other" in database.url.get_secret_value()

    def test_a_wrong_one_is_named_and_not_shown(self, folder: Path) -> None:
        (folder / "F1_DATABASE_URL").unlink()
        (folder / "F1_DATABASE_URL").write_text("hunter2")
        with pytest.raises(SettingsError, match=r"F1_DATABASE_URL: .*write postgresql") as error:
            load(DatabaseSettings)
        assert "hunter2" not in str(error.value)

    def test_a_folder_that_is_missing_is_named(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("F1_SECRETS_DIR", str(folder / "typo"))
        with pytest.raises(SettingsError, match=r"(?s)F1_SECRETS_DIR: .*typo.*F1_DATABASE_URL"):
            load(DatabaseSettings)
