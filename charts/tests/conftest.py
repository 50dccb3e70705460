"""Fixtures of the chart's tests. `values/` has installations as users write them."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from f1_devkit.cluster import charts
from f1_devkit.cluster.charts import Manifests, Refused, merged

INSTALLATIONS = sorted((Path(__file__).parent / "values").glob("*.yaml"))
SMALLEST: Mapping[str, Any] = {
    "database": {"existingSecret": "postgres"},
    "s3": {"bucket": "f1-raw"},
}


@pytest.fixture(scope="session")
def render() -> Callable[..., Manifests]:
    """Renders values, merged into the smallest valid ones; results are cached."""
    seen: dict[str, Manifests] = {}

    def rendered(values: Mapping[str, Any] | None = None, *flags: str, **names: str) -> Manifests:
        complete = merged(SMALLEST, values or {})
        key = json.dumps([complete, flags, names], sort_keys=True)
        if key not in seen:
            seen[key] = charts.template(complete, *flags, **names)
        return seen[key]

    return rendered


@pytest.fixture(scope="session")
def refusal() -> Callable[[Mapping[str, Any]], str]:
    """Returns helm's refusal of values, merged into the smallest valid ones; fails without one."""

    def message(values: Mapping[str, Any]) -> str:
        with pytest.raises(Refused) as refused:
            charts.template(merged(SMALLEST, values))
        return str(refused.value)

    return message


@pytest.fixture(params=INSTALLATIONS, ids=lambda path: path.stem)
def installation_file(request: pytest.FixtureRequest) -> Path:
    """Each file of values/."""
    path: Path = request.param
    return path


@pytest.fixture
def installation(installation_file: Path, render: Callable[..., Manifests]) -> Manifests:
    """Each installation of values/, rendered."""
    return render(yaml.safe_load(installation_file.read_text()))
