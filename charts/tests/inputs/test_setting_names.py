"""A misspelt setting is refused by the chart and by the programs, with the nearest name."""

import importlib
import inspect
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pydantic_settings import BaseSettings

from f1_core.configuration.setting_names import NAMES
from f1_core.errors import SettingsError
from f1_core.settings import LogSettings, load
from f1_devkit.cluster.charts import chart

MODULES = (
    "f1_core.settings",
    "f1_core.store.rawstore",
    "f1_core.migrate",
    "f1_ingest.settings",
    "f1_worker.settings",
    "f1_api.settings",
    "f1_operator.settings",
)
Refusal = Callable[[Any], str]


def _names() -> Iterator[str]:
    for module in MODULES:
        for kind in vars(importlib.import_module(module)).values():
            if inspect.isclass(kind) and issubclass(kind, BaseSettings):
                prefix = kind.model_config.get("env_prefix", "")
                yield from (f"{prefix}{field}".upper() for field in kind.model_fields)


def test_both_lists_have_the_settings_of_the_programs() -> None:
    """Add a new setting to f1_core.configuration and the chart's files/setting-names.txt."""
    names = sorted(set(_names()))
    assert sorted(NAMES) == names
    assert (chart() / "files" / "setting-names.txt").read_text().split() == names


MISSPELT = {
    "F1_LOG_LEVLE": "F1_LOG_LEVEL",
    "F1_LGO_LEVEL": "F1_LOG_LEVEL",
    "F1_API_CACHE_MO": "F1_API_CACHE_MB",
    "F1_BUDGET_PER_HUOR": "F1_BUDGET_PER_HOUR",
    "F1_WORKER_LEASE": "F1_WORKER_LEASE_S",
    "F1_HTTP_TIMOUT_S": "F1_HTTP_TIMEOUT_S",
}


def test_the_chart_refuses_it(refusal: Refusal) -> None:
    message = refusal({"settings": {"F1_LOG_LEVLE": "DEBUG"}, "worker": {"settings": MISSPELT}})
    assert "settings.F1_LOG_LEVLE is not a setting of any program" in message
    for name, nearest in MISSPELT.items():
        sentence = (
            f"worker.settings.{name} is not a setting of any program: did you mean {nearest}?"
        )
        assert sentence in message


def test_a_program_refuses_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in MISSPELT:
        monkeypatch.setenv(name, "1")
    with pytest.raises(SettingsError) as refused:
        load(LogSettings)
    for name, nearest in MISSPELT.items():
        assert f"{name} is not a setting: did you mean {nearest}?" in str(refused.value)


def test_a_setting_that_resembles_none_is_refused_if_it_has_a_programs_prefix(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("F1_API_BEAUTY", "1")
    with pytest.raises(SettingsError, match="F1_API_BEAUTY is not a setting of any program"):
        load(LogSettings)


def test_other_variables_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of other programs, of other programs of this project, and of Services named f1-api."""
    for name in (
        "F1_RACING_TEAM",
        "F1_WORKER_GRACE_S",
        "F1_API_SERVICE_HOST",
        "F1_API_SERVICE_PORT_HTTP",
        "F1_API_PORT_80_TCP_ADDR",
    ):
        monkeypatch.setenv(name, "1")
    load(LogSettings)
