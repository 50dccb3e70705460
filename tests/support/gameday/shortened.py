"""The chart's rules with shorter windows, so that a game day takes minutes.

Only durations change: `for`, windows in expressions, and the age in F1SourceRateLimited. A window
keeps at least four scrapes, so that rates can be computed. Programs count a run of ingest 10
minutes after its schedule, also on a game day, so windows of past alerts stay longer than that.
"""

import re
from typing import Any

from f1_devkit.cluster.monitoring import seconds

_AGE = re.compile(r"> (\d+)$")
_WINDOW = re.compile(r"\[(\d[\dsmhdw]*)\]")
_PAST_ALERTS = re.compile(r"(max_over_time\(ALERTS\{[^}]*\})\[(\d[\dsmhdw]*)\]")
_COUNTED_AFTER_S = 600.0


def shortened(rules: dict[str, Any], *, divisor: float, scrape_s: float) -> dict[str, Any]:
    """A PrometheusRule with all its durations divided.

    Args:
        rules: the object as the chart renders it.
        divisor: 1 changes nothing.
        scrape_s: seconds between two scrapes, and two evaluations.
    """
    if divisor == 1:
        return rules

    def window(found: re.Match[str]) -> str:
        return f"[{max(4 * scrape_s, seconds(found[1]) / divisor):.0f}s]"

    def past(found: re.Match[str]) -> str:
        shorter = (seconds(found[2]) - _COUNTED_AFTER_S) / divisor
        return f"{found[1]}[{_COUNTED_AFTER_S + max(4 * scrape_s, shorter):.0f}s]"

    def expression(rule: dict[str, Any]) -> str:
        shorter = _WINDOW.sub(window, str(rule["expr"]))
        if rule.get("alert") == "F1IngestErrorBudgetBurn":
            conditions, unless, alerts = str(rule["expr"]).rpartition("unless")
            return _WINDOW.sub(window, conditions) + unless + _PAST_ALERTS.sub(past, alerts)
        if rule.get("alert") != "F1SourceRateLimited":
            return shorter
        return _AGE.sub(lambda found: f"> {float(found[1]) / divisor:g}", shorter)

    groups = [
        {
            **group,
            "interval": f"{scrape_s:g}s",
            "rules": [
                {**rule, "expr": expression(rule)}
                | ({"for": _shorter(rule["for"], divisor)} if "for" in rule else {})
                for rule in group["rules"]
            ],
        }
        for group in rules["spec"]["groups"]
    ]
    metadata = {key: rules["metadata"][key] for key in ("name", "namespace", "labels")}
    return {**rules, "metadata": metadata, "spec": {"groups": groups}}


def _shorter(duration: str, divisor: float) -> str:
    return f"{seconds(duration) / divisor:.0f}s"
