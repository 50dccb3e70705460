"""Shared parts of the dashboards: matchers of series, variables, and panels with one style.

`Query` has PromQL in Grafana's words: `$namespace`, `$release` (the prefix of the Deployments'
names, such as f1), `$helm_release`, `$__range`, `$__rate_interval`.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeVar

from grafana_foundation_sdk.builders import bargauge, common, dashboard, prometheus, stat, table
from grafana_foundation_sdk.builders import timeseries as ts
from grafana_foundation_sdk.models import common as common_models
from grafana_foundation_sdk.models import dashboard as models
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

API = 'job="$namespace/$release-api"'
WORKER = 'job="$namespace/$release-worker"'
OPERATOR = 'job="$namespace/$release-operator"'
LEDGER = 'job=~"$namespace/$release-(api|worker)"'
ALL = 'job=~"$namespace/$release-(api|worker|operator)"'
RECORDED = 'namespace="$namespace", release="$helm_release"'
NO_PROBES = 'endpoint!~"/livez|/healthz|/readyz"'

RUNBOOKS = (
    "https://github.com/f1-telemetry-aggregator/f1-telemetry-aggregator/blob/main/docs/runbooks"
)
"""The default of monitoring.rules.runbookUrl; the chart replaces it."""
SOURCE = models.DataSourceRef(type_val="prometheus", uid="${datasource}")
UID = "f1-telemetry-{}"
TAG = "f1-telemetry"

GREEN, YELLOW, RED = "green", "yellow", "red"
Limits = Sequence[tuple[float, str]]
"""The value from which on a colour applies; below the first, green or the colour at None."""
Row = dashboard.Row
Panel = stat.Panel | ts.Panel | bargauge.Panel | table.Panel
Part = Panel | Row
Built = TypeVar("Built", stat.Panel, ts.Panel, bargauge.Panel, table.Panel)


class Query(NamedTuple):
    """One query of a panel; `legend` names its series, with labels as `{{label}}`."""

    expr: str
    legend: str = ""


def shown(
    panel: Built,
    title: str,
    description: str,
    queries: Sequence[Query],
    *,
    unit: str,
    width: int,
    height: int,
    runbooks: Sequence[str] = (),
    instant: bool = False,
) -> Built:
    """A panel with its texts, queries, unit, place in the grid (24 wide) and runbooks."""
    panel = (
        panel.title(title)
        .description(description)
        .datasource(SOURCE)
        .unit(unit)
        .span(width)
        .height(height)
    )
    for number, query in enumerate(queries):
        target = (
            prometheus.Dataquery().expr(query.expr).ref_id(chr(ord("A") + number))
            .legend_format(query.legend or "__auto").datasource(SOURCE)
        )  # fmt: skip
        target = target.instant().format(PromQueryFormat.TABLE) if instant else target.range()
        panel = panel.with_target(target)
    if runbooks:
        panel = panel.links(
            [
                dashboard.DashboardLink(f"Runbook: {name}")
                .type(models.DashboardLinkType.LINK)
                .url(f"{RUNBOOKS}/{name}.md")
                .target_blank(True)  # noqa: FBT003 - the SDK's way
                for name in runbooks
            ]
        )
    return panel


def limits(steps: Limits, first: str = GREEN) -> dashboard.ThresholdsConfig:
    """Colours by value."""
    return (
        dashboard.ThresholdsConfig()
        .mode(models.ThresholdsMode.ABSOLUTE)
        .steps(
            [
                models.Threshold(value=None, color=first),
                *(models.Threshold(value=value, color=color) for value, color in steps),
            ]
        )
    )


def number(
    title: str,
    description: str,
    *queries: Query,
    unit: str = "short",
    width: int = 4,
    steps: Limits = (),
    first: str = GREEN,
    words: dict[str, tuple[str, str]] | None = None,
    decimals: int | None = None,
    runbooks: Sequence[str] = (),
) -> stat.Panel:
    """The newest value, large; `words` replaces values by a text and a colour."""
    panel = shown(
        stat.Panel(), title, description, queries, unit=unit, width=width, height=4,
        runbooks=runbooks,
    )  # fmt: skip
    panel = (
        panel.thresholds(limits(steps, first))
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
        .color_mode(common_models.BigValueColorMode.VALUE)
        .graph_mode(common_models.BigValueGraphMode.AREA)
        .no_value("no data")
    )
    if decimals is not None:
        panel = panel.decimals(decimals)
    if words:
        results = {
            value: models.ValueMappingResult(text=text, color=color)
            for value, (text, color) in words.items()
        }
        panel = panel.mappings([models.ValueMap(options=results)])
    return panel


def lines(
    title: str,
    description: str,
    *queries: Query,
    unit: str = "short",
    width: int = 12,
    height: int = 8,
    steps: Limits = (),
    stacked: bool = False,
    runbooks: Sequence[str] = (),
) -> ts.Panel:
    """Values over time; `steps` are drawn as dashed lines."""
    panel = shown(
        ts.Panel(), title, description, queries, unit=unit, width=width, height=height,
        runbooks=runbooks,
    )  # fmt: skip
    panel = (
        panel.legend(
            common.VizLegendOptions()
            .display_mode(common_models.LegendDisplayMode.LIST)
            .placement(common_models.LegendPlacement.BOTTOM)
            .show_legend(True)  # noqa: FBT003 - the SDK's way
        )
        .tooltip(common.VizTooltipOptions().mode(common_models.TooltipDisplayMode.MULTI))
        .line_width(1)
        .fill_opacity(60 if stacked else 8)
        .show_points(common_models.VisibilityMode.NEVER)
        .min(0)
    )
    if stacked:
        panel = panel.stacking(common.StackingConfig().mode(common_models.StackingMode.NORMAL))
    if steps:
        panel = panel.thresholds(limits(steps)).thresholds_style(
            common.GraphThresholdsStyleConfig().mode(common_models.GraphTresholdsStyleMode.DASHED)
        )
    return panel


def bars(
    title: str,
    description: str,
    *queries: Query,
    unit: str = "percentunit",
    width: int = 8,
    height: int = 8,
    steps: Limits = (),
    first: str = GREEN,
    runbooks: Sequence[str] = (),
) -> bargauge.Panel:
    """The newest values as bars from 0 to 1."""
    panel = shown(
        bargauge.Panel(), title, description, queries, unit=unit, width=width, height=height,
        runbooks=runbooks,
    )  # fmt: skip
    return (
        panel.thresholds(limits(steps, first))
        .min(0)
        .max(1)
        .orientation(common_models.VizOrientation.HORIZONTAL)
        .display_mode(common_models.BarGaugeDisplayMode.BASIC)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
        .no_value("no data")
    )


def rows(
    title: str,
    description: str,
    query: Query,
    *,
    columns: tuple[str, str] | None = None,
    width: int = 12,
    runbooks: Sequence[str] = (),
) -> table.Panel:
    """One row per series; with `columns`, one row per first label and one column per second."""
    panel = shown(
        table.Panel(), title, description, [query], unit="short", width=width, height=8,
        runbooks=runbooks, instant=True,
    )  # fmt: skip
    if columns:
        how = {"rowField": columns[0], "columnField": columns[1], "valueField": "Value"}
        return panel.with_transformation(
            models.DataTransformerConfig(id_val="groupingToMatrix", options=how)
        )
    return panel.with_transformation(
        models.DataTransformerConfig(
            id_val="organize", options={"excludeByName": {"Time": True, "Value": True}}
        )
    )


def board(
    name: str, title: str, description: str, *, since: str = "now-6h", parts: Iterable[Part]
) -> dashboard.Dashboard:
    """A dashboard of panels and headings; `name` is the end of its uid and of its file."""
    built = (
        dashboard.Dashboard(title)
        .uid(UID.format(name))
        .description(description)
        .tags([TAG])
        .timezone("browser")
        .refresh("1m")
        .time(since, "now")
        .tooltip(models.DashboardCursorSync.CROSSHAIR)
        .readonly()
        .link(
            dashboard.DashboardLink("F1 dashboards")
            .type(models.DashboardLinkType.DASHBOARDS)
            .tags([TAG])
            .as_dropdown(True)  # noqa: FBT003 - the SDK's way
            .keep_time(True)  # noqa: FBT003
            .include_vars(True)  # noqa: FBT003
        )
        .link(
            dashboard.DashboardLink("Runbooks")
            .type(models.DashboardLinkType.LINK)
            .url(f"{RUNBOOKS}/README.md")
            .target_blank(True)  # noqa: FBT003
        )
        .with_variable(
            dashboard.DatasourceVariable("datasource").label("Source").type("prometheus")
        )
        .with_variable(
            _variable("namespace", "Namespace", "label_values(f1_build_info, namespace)")
        )
        .with_variable(
            _variable(
                "release", "Release", 'label_values(f1_build_info{namespace="$namespace"}, job)'
            ).regex("/.*\\/(.*)-(?:api|worker|operator)$/")
        )
        .with_variable(
            _variable(
                "helm_release",
                "Helm release",
                f"label_values(f1:api_requests:count{{{API}}}, release)",
            ).hide(models.VariableHide.HIDE_VARIABLE)
        )
    )
    for part in parts:
        built = built.with_row(part) if isinstance(part, Row) else built.with_panel(part)
    return built


def _variable(name: str, label: str, query: str) -> dashboard.QueryVariable:
    return (
        dashboard.QueryVariable(name)
        .label(label)
        .query({"query": query, "refId": f"variable-{name}"})
        .datasource(SOURCE)
        .refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(models.VariableSort.ALPHABETICAL_ASC)
    )


def rate(series: str) -> str:
    """Its increase per second, over a window that fits the displayed time."""
    return f"rate({series}[$__rate_interval])"


def quantile(q: float, buckets: str, by: str = "") -> str:
    """A quantile of a histogram, by one label or of all."""
    labels = f"le, {by}" if by else "le"
    return f"histogram_quantile({q}, sum by ({labels}) ({rate(buckets)}))"
