"""Finds Prometheus, Alertmanager and their tools, which `make monitoring-tools` installs."""

import os
from pathlib import Path

from f1_devkit.kubernetes.programs import MissingProgram, checkout

NAMES = ("prometheus", "promtool", "alertmanager", "amtool", "postgres_exporter")


def find(name: str) -> Path:
    """One of NAMES, in `.cache/monitoring/bin` of the checkout.

    Raises:
        MissingProgram: it is not installed.
    """
    program = checkout() / ".cache" / "monitoring" / "bin" / name
    if not os.access(program, os.X_OK):
        raise MissingProgram(f"{name} is missing in {program.parent}: run make monitoring-tools")
    return program
