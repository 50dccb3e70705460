"""Fixture: the real programs of a monitoring system.

Enabled in a root conftest, like f1_devkit.pytest_plugins.servers.

==================== ========= ==================================================================
`monitoring_program` session   path of prometheus, promtool, ... by name; skips if it is missing
==================== ========= ==================================================================
"""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from f1_devkit.kubernetes.programs import MissingProgram
from f1_devkit.monitoring import programs


@pytest.fixture(scope="session")
def monitoring_program() -> Callable[[str], Path]:
    """Path of one of `programs.NAMES`.

    Skips if it is missing; with F1_REQUIRE_MONITORING, that is an error.
    """

    def found(name: str) -> Path:
        try:
            return programs.find(name)
        except MissingProgram as missing:
            if os.environ.get("F1_REQUIRE_MONITORING"):
                raise
            pytest.skip(str(missing))

    return found
