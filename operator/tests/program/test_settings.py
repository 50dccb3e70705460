"""Settings: all problems are reported at once, with the correct format."""

import pytest

from f1_core.errors import SettingsError
from f1_operator.season.durations import parse_duration
from f1_operator.settings import Settings


def test_all_problems_are_reported_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("F1_API_URL", "F1_JOB_INGEST_IMAGE", "F1_JOB_WORKER_IMAGE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("F1_OPERATOR_WORKERS", "0")
    monkeypatch.setenv("F1_JOB_LABELS", "a")
    with pytest.raises(SettingsError) as told:
        Settings.from_environment()
    for words in (
        "F1_API_URL is not set",
        "F1_JOB_INGEST_IMAGE is not set",
        "F1_JOB_WORKER_IMAGE is not set",
        "F1_OPERATOR_WORKERS: Input should be greater than or equal to 1",
        "write name=value, separated by commas",
    ):
        assert words in str(told.value)


def test_lists_labels_and_json_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("F1_API_URL", "http://f1-api:8000/")
    monkeypatch.setenv("F1_OPERATOR_NAMESPACES", "a, b")
    monkeypatch.setenv("F1_JOB_INGEST_IMAGE", "i")
    monkeypatch.setenv("F1_JOB_WORKER_IMAGE", "w")
    monkeypatch.setenv("F1_JOB_LABELS", "app.kubernetes.io/instance=f1,x=")
    monkeypatch.setenv("F1_JOB_INGEST_COMMAND", "")
    monkeypatch.setenv("F1_JOB_NODE_SELECTOR", '{"arch": "arm64"}')
    monkeypatch.setenv("F1_JOB_TOLERATIONS", "[]")
    settings = Settings.from_environment()
    assert settings.api.url == "http://f1-api:8000"
    assert settings.operator.namespaces == ("a", "b")
    assert settings.jobs.labels == {"app.kubernetes.io/instance": "f1", "x": ""}
    assert settings.jobs.ingest_command == ()
    assert settings.jobs.node_selector == {"arch": "arm64"}


def test_an_invalid_duration_is_reported_with_the_correct_format() -> None:
    with pytest.raises(ValueError, match="write a number and m, h or d, such as 12h, or never"):
        parse_duration("soon")
