"""Dashboards show data: each query runs on the Prometheus that scraped the real programs."""

import json
import math
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from monitored.dashboards import FOLDER, Panel, Target, every_panel, load
from monitored.load import VARIABLES, Monitored, render

from f1_devkit.cluster.charts import Manifests
from f1_devkit.kubernetes.kubectl import eventually

ROOT = Path(__file__).parents[2]
NAMES = sorted(file.stem for file in FOLDER.glob("*.json"))
PANELS = list(every_panel({**VARIABLES, "__range": "1h"}))


@pytest.fixture(scope="module")
def chart() -> Manifests:
    """The chart with monitoring."""
    return render()


def test_the_json_files_are_current(tmp_path: Path) -> None:
    """`make dashboards` writes it again."""
    generate = ROOT / "charts" / "dashboards" / "generate.py"
    subprocess.run([sys.executable, generate, tmp_path], check=True, timeout=60)
    assert {file.name for file in tmp_path.iterdir()} == {file.name for file in FOLDER.iterdir()}
    for file in tmp_path.iterdir():
        assert (FOLDER / file.name).read_text() == file.read_text(), file.name


@pytest.mark.parametrize("name", NAMES)
def test_a_sidecar_finds_each_dashboard_and_its_runbooks(name: str, chart: Manifests) -> None:
    found = chart.one("ConfigMap", f"-dashboard-{name}")
    assert found["metadata"]["labels"]["grafana_dashboard"] == "1"
    [(file, text)] = found["data"].items()
    assert file == f"f1-telemetry-{name}.json"
    assert len(text) < 2**20
    dashboard = json.loads(text)
    assert dashboard == json.loads((FOLDER / f"{name}.json").read_text())
    pages = re.findall(r"/docs/runbooks/([\w.]+)", text)
    assert pages
    for page in pages:
        assert (ROOT / "docs" / "runbooks" / page).exists(), page


def test_links_lead_to_the_runbooks_of_the_values() -> None:
    values = {"monitoring": {"rules": {"runbookUrl": "https://wiki.example.com/f1/"}}}
    found = render(values).one("ConfigMap", "-dashboard-overview")
    [text] = found["data"].values()
    assert "https://wiki.example.com/f1/F1ApiDown.md" in text
    assert "github.com" not in text


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel.name)
def test_each_panel_is_described_and_has_a_unit(panel: Panel) -> None:
    assert panel.json["description"].endswith(".")
    assert panel.json["fieldConfig"]["defaults"]["unit"]


@pytest.mark.parametrize("name", NAMES)
def test_panels_fill_the_grid_and_do_not_overlap(name: str) -> None:
    taken = set[tuple[int, int]]()
    for panel in load(name, VARIABLES)[0]["panels"]:
        at = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        assert not cells & taken, panel["title"]
        assert at["x"] + at["w"] <= 24
        taken |= cells


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel.name)
def test_each_query_of_a_panel_returns_data(panel: Panel, system: Monitored) -> None:
    [live] = [one for one in every_panel(system.variables()) if one.name == panel.name]
    assert live.targets
    for target in live.targets:

        def values(target: Target = target) -> list[str]:
            if target.instant:
                found = [series["value"] for series in system.prometheus.query(target.expr)]
            else:
                ranges = system.prometheus.query_range(target.expr, system.since, time.time(), 2)
                found = [value for series in ranges for value in series["values"]]
            return [v for _, v in found if not math.isnan(float(v))]

        # A subquery has values at the multiples of its step: the first may be 15 s away.
        assert eventually(f"{target.expr} has values", values, timeout=30)
