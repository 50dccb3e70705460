"""Faults, limits and corrections of a stand-in in another process, set over HTTP.

::

    GET  /control        the settings, and the number of requests by status
    GET  /control/log    every request
    POST /control        {"faults": {"rates": {"504": 0.1}, "outage": null, "slow_s": 0.5},
                          "script": [{"kind": "429", "path": "/laps", "times": 3}],
                          "limits": {"per_second": 4, "per_hour": 200, "hour_s": 60},
                          "edges": {"rate": 0.5},
                          "now": "2024-05-26T20:00:00Z",
                          "corrections": [{"season": 2024, "round": 3, "resource": "results",
                                           "where": {"driver_id": "synth_varano"},
                                           "set": {"points": 0.0}}]}

Each part may be left out. A correction without `set` removes the rows that `where` finds.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol

import msgspec

from f1_devkit.servers.jolpica.edges import PageEdges
from f1_devkit.servers.jolpica.faults import Faults
from f1_devkit.servers.jolpica.limits import Limits
from f1_devkit.servers.jolpica.log import RequestLog
from f1_ingest.synthetic.dataset import Dataset
from f1_ingest.synthetic.responses import Response

_JSON = {"Content-Type": "application/json"}


class Controlled(Protocol):
    """The parts of a server that can be read and changed."""

    faults: Faults
    limits: Limits
    edges: PageEdges
    now: datetime | None
    log: RequestLog

    def correct(self, change: Callable[[Dataset], object]) -> None:
        """Change the served dataset."""


def show(server: Controlled, path: str) -> Response:
    """The settings, or the log."""
    if path == "/control/log":
        return 200, _JSON, msgspec.json.encode(list(server.log))
    state = {
        "faults": {"rates": server.faults.rates, "outage": server.faults.outage},
        "limits": {"per_second": server.limits.per_second, "per_hour": server.limits.per_hour},
        "edges": {"rate": server.edges.rate},
        "now": server.now,
        "requests": {str(status): count for status, count in server.log.statuses().items()},
    }
    return 200, _JSON, msgspec.json.encode(state)


def change(server: Controlled, changes: dict[str, Any]) -> None:
    """Apply posted changes.

    Raises:
        ValueError, KeyError, TypeError: they are invalid.
    """
    known = {"faults", "script", "limits", "edges", "now", "corrections"}
    if changes.keys() - known:
        raise ValueError(f"write what to change: {', '.join(sorted(known))}")
    for part in ("faults", "limits", "edges"):
        target = getattr(server, part)
        for name, value in changes.get(part, {}).items():
            if not hasattr(target, name) or name.startswith("_"):
                raise ValueError(f"{part} have no {name}")
            setattr(target, name, value)
    for scripted in changes.get("script", []):
        server.faults.script(
            scripted["kind"], path=scripted.get("path", ""), times=scripted.get("times", 1)
        )
    if "now" in changes:
        server.now = datetime.fromisoformat(changes["now"]) if changes["now"] else None
    for correction in changes.get("corrections", []):
        server.correct(lambda data, correction=correction: _correct(data, correction))  # type: ignore[misc]


def _correct(dataset: Dataset, correction: dict[str, Any]) -> None:
    weekend = dataset.weekend(correction["season"], correction["round"])
    rows = getattr(weekend, correction["resource"])
    found = [
        row
        for row in rows
        if all(getattr(row, name) == value for name, value in correction["where"].items())
    ]
    if not found:
        raise ValueError(f"no row is found by {correction['where']}")
    for row in found:
        if "set" not in correction:
            rows.remove(row)
        for name, value in correction.get("set", {}).items():
            setattr(row, name, value)
