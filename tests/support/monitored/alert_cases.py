"""Runs the cases of charts/tests/alerts as promtool's unit tests.

A file has `interval`, and under `fires`, `silent` and `boundary` lists of cases: `why`, `series`
(values in promtool's notation), `at` (by time, the alerts that fire then) and optionally another
`interval`: the time between two values, and between two evaluations. An alert in a case has the
summary, the window if there are several, and labels from its series. `$api`, `$worker`, `$operator`
and `$release` stand for the labels of scraped and recorded series.
"""

import re
import subprocess
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from string import Template
from typing import Any

import yaml

from f1_devkit.cluster import charts
from f1_devkit.cluster.charts import Manifest

CASES = charts.chart().parent / "tests" / "alerts"
KINDS = ("fires", "silent", "boundary")
ALL_ON: Mapping[str, Any] = {
    "database": {"existingSecret": "postgres"},
    "s3": {"bucket": "f1-raw"},
    "monitoring": {
        "enabled": True,
        "rules": {
            "cloudwatch": {"enabled": True, "instance": "f1-prod"},
            "certManager": {"enabled": True},
        },
    },
}
_JOB = 'job="racing/f1-f1-aggregator-{}"'
_NAMES = {one: _JOB.format(one) for one in ("api", "worker", "operator")} | {
    "release": 'namespace="racing", release="f1"'
}


@cache
def rules() -> list[Manifest]:
    """All rules of the chart with every alert on, release f1 in namespace racing."""
    [rule] = charts.template(ALL_ON).kind("PrometheusRule")
    return [one for group in rule["spec"]["groups"] for one in group["rules"]]


def alerts() -> list[str]:
    """Names of all alerts, each once, sorted."""
    return sorted({one["alert"] for one in rules() if "alert" in one})


def read(alert: str) -> Any:
    """The cases of an alert."""
    text = (CASES / f"{alert}.yaml").read_text()
    return yaml.safe_load(Template(text).safe_substitute(_NAMES))


def run(promtool: Path, alert: str, folder: Path) -> str:
    """promtool's report about an alert's cases; empty if all pass."""
    of_alert = [
        {**one, "annotations": {"summary": one["annotations"]["summary"]}}
        for one in rules()
        if one.get("alert") == alert
    ]
    group = {"name": alert, "rules": [*_recordings(of_alert), *of_alert]}
    (folder / "rules.yaml").write_text(yaml.safe_dump({"groups": [group]}))
    cases = read(alert)
    by_interval: dict[str, list[Manifest]] = {}
    for kind in KINDS:
        for case in cases[kind]:
            interval = case.get("interval", cases["interval"])
            test = _test(f"{kind}: {case['why']}", interval, case, of_alert)
            by_interval.setdefault(interval, []).append(test)
    for interval, tests in by_interval.items():
        suite = {
            "rule_files": ["rules.yaml"],
            "evaluation_interval": interval,
            "tests": tests,
        }
        (folder / f"{interval}.yaml").write_text(yaml.safe_dump(suite))
    return _promtool(promtool, [f"{interval}.yaml" for interval in by_interval], folder)


def run_quiet(promtool: Path, scenario: Path, folder: Path) -> str:
    """The default alerts of the chart that fire in a scenario in which none may; empty if none.

    A scenario has `interval`, `series`, and under `at` the times of evaluation.
    """
    case = yaml.safe_load(Template(scenario.read_text()).safe_substitute(_NAMES))
    used = [one for one in rules() if "aws_" not in one["expr"] and "certman" not in one["expr"]]
    (folder / "rules.yaml").write_text(yaml.safe_dump({"groups": [{"name": "all", "rules": used}]}))
    test = {
        "interval": case["interval"],
        "input_series": _series(case),
        "promql_expr_test": [
            {"expr": 'ALERTS{alertstate="firing"}', "eval_time": time, "exp_samples": []}
            for time in case["at"]
        ],
    }
    suite = {
        "rule_files": ["rules.yaml"],
        "evaluation_interval": case["interval"],
        "tests": [test],
    }
    (folder / "test.yaml").write_text(yaml.safe_dump(suite))
    return _promtool(promtool, ["test.yaml"], folder)


def _promtool(promtool: Path, files: list[str], folder: Path) -> str:
    done = subprocess.run(
        [promtool, "test", "rules", *files],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr if done.returncode else ""


def _series(case: Manifest) -> list[Manifest]:
    return [{"series": name, "values": values} for name, values in case["series"].items()]


def _test(name: str, interval: str, case: Manifest, of_alert: list[Manifest]) -> Manifest:
    """A case in promtool's format."""
    return {
        "name": name,
        "interval": interval,
        "input_series": _series(case),
        "alert_rule_test": [
            {
                "eval_time": time,
                "alertname": of_alert[0]["alert"],
                "exp_alerts": [_expected(one, of_alert) for one in firing],
            }
            for time, firing in case["at"].items()
        ],
    }


def _expected(fired: Mapping[str, str], of_alert: list[Manifest]) -> Manifest:
    """An alert in promtool's format, with the labels of its rule."""
    own = {name: value for name, value in fired.items() if name != "summary"}
    [rule, *others] = [
        one for one in of_alert if own.get("window") in (None, one["labels"]["window"])
    ]
    assert not others, f"several rules of {rule['alert']}: a case has to name the window"
    return {
        "exp_labels": {**rule["labels"], **own},
        "exp_annotations": {"summary": fired["summary"]},
    }


def _recordings(of_alert: list[Manifest]) -> Iterator[Manifest]:
    """The recording rules that an alert's expressions need, in order."""
    needed: set[str] = set()
    expressions = [one["expr"] for one in of_alert]
    while expressions:
        for name in set(re.findall(r"f1:\w+:\w+", expressions.pop())) - needed:
            needed.add(name)
            expressions += [one["expr"] for one in rules() if one.get("record") == name]
    return (one for one in rules() if one.get("record") in needed)
