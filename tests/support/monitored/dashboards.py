"""The chart's dashboards as Grafana reads them, with the values of their variables."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

FOLDER = Path(__file__).parents[3] / "charts" / "f1-aggregator" / "dashboards"


class Target(NamedTuple):
    """One query of a panel."""

    expr: str
    legend: str
    instant: bool


class Panel(NamedTuple):
    """A panel as JSON, and its queries for Prometheus."""

    dashboard: str
    json: dict[str, Any]
    targets: list[Target]

    @property
    def name(self) -> str:
        """Dashboard and title."""
        return f"{self.dashboard}: {self.json['title']}"


def load(name: str, variables: Mapping[str, str]) -> tuple[dict[str, Any], list[Panel]]:
    """A dashboard, and its panels; `$name` in queries is replaced from `variables`."""
    dashboard = json.loads((FOLDER / f"{name}.json").read_text())
    panels = [
        Panel(name, panel, [_target(target, variables) for target in panel.get("targets", ())])
        for panel in dashboard["panels"]
    ]
    return dashboard, panels


def every_panel(variables: Mapping[str, str]) -> Iterator[Panel]:
    """The panels of all dashboards that have queries."""
    for file in sorted(FOLDER.glob("*.json")):
        yield from (panel for panel in load(file.stem, variables)[1] if panel.targets)


def _target(target: Mapping[str, Any], variables: Mapping[str, str]) -> Target:
    expr = target["expr"]
    for name in sorted(variables, key=len, reverse=True):
        expr = expr.replace(f"${name}", variables[name])
    legend = target["legendFormat"]
    return Target(expr, "" if legend == "__auto" else legend, bool(target.get("instant")))
