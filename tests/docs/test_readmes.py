"""Every setting is in the README of its program, and no other name is."""

import re
from pathlib import Path

import pytest
from pydantic_settings import BaseSettings

from f1_api.settings import ApiSettings
from f1_core.settings import DatabaseSettings, LogSettings, SecretsSettings, SourceSettings
from f1_core.store.rawstore import StoreSettings
from f1_ingest import settings as ingest
from f1_operator import settings as operator
from f1_worker.settings import WorkerSettings

ROOT = Path(__file__).parents[2]
FOR_TESTS = {"F1_BUDGET_WINDOW_S"}
SHARED: list[type[BaseSettings]] = [
    *(SecretsSettings, DatabaseSettings, StoreSettings, LogSettings)
]
INGEST: list[type[BaseSettings]] = [
    *(ingest.BudgetSettings, ingest.JolpicaSettings, ingest.OpenF1Settings),
    *(ingest.SyntheticSettings, ingest.HttpSettings, ingest.ArchiveSettings),
    *(ingest.IngestSettings, ingest.PollSettings),
]
READMES: dict[str, list[type[BaseSettings]]] = {
    "README.md": SHARED,
    "jobs/ingest/README.md": INGEST,
    "services/worker/README.md": [WorkerSettings, SourceSettings],
    "services/api/README.md": [ApiSettings],
    "operator/README.md": [
        *(operator.OperatorSettings, operator.ApiClientSettings, operator.JobSettings)
    ],
}


def names(kinds: list[type[BaseSettings]]) -> set[str]:
    return {
        f"{kind.model_config['env_prefix']}{field}".upper()
        for kind in kinds
        for field in kind.model_fields
    }


@pytest.mark.parametrize("readme", READMES)
def test_the_table_of_settings_is_complete_and_correct(readme: str) -> None:
    rows = re.findall(r"^\| (`[A-Z0-9_]+`.*?) \|", (ROOT / readme).read_text(), re.MULTILINE)
    cells = re.findall(r"`([A-Z0-9_]+)`", " ".join(rows))
    documented = {f"F1_{name.removeprefix('F1_')}" for name in cells}
    kinds = READMES[readme]
    assert sorted(names(kinds) - documented - FOR_TESTS) == []
    known = {*names(kinds), *names(SHARED), "F1_ROUNDS_BY_INDEX", "F1_JOB_COMPLETION_INDEX"}
    assert sorted(documented - known) == []
