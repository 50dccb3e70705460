"""The operator's key comes from the settings; all others are in the database."""

import pytest

from f1_api.auth.keys import KeyRing, new_key, read_key
from f1_api.http.problems import Unauthorized
from f1_api.settings import ApiSettings
from f1_core.errors import SettingsError
from f1_core.settings import load


def test_the_operator_key_is_accepted_with_any_database(monkeypatch: pytest.MonkeyPatch) -> None:
    key = new_key()
    monkeypatch.setenv("F1_API_OPERATOR_KEY", key.text)
    [settings] = load(ApiSettings)
    assert settings.operator_key is not None
    ring = KeyRing(required=True, configured=read_key(settings.operator_key.get_secret_value()))
    ring.load([])
    assert ring.check(key.text.encode(), None) == key.key_id
    with pytest.raises(Unauthorized):
        ring.check(new_key().text.encode(), None)


def test_an_invalid_operator_key_is_refused_at_the_start_and_not_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("F1_API_OPERATOR_KEY", "hunter2")
    with pytest.raises(SettingsError, match=r"F1_API_OPERATOR_KEY: .* not an API key") as refused:
        load(ApiSettings)
    assert "hunter2" not in str(refused.value)
