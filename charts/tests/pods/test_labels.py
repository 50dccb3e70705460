"""Labels and annotations from several values: each is written once, and the nearest value wins.

The fixture `render` refuses a repeated key in a mapping, as kustomize and Flux do.
"""

from collections.abc import Callable

from f1_devkit.cluster.charts import Manifests

Render = Callable[..., Manifests]
PROGRAMS = ("api", "worker", "ingest", "operator", "migration")


def test_a_programs_label_takes_precedence_over_the_common_one(render: Render) -> None:
    own = {program: {"podLabels": {"team": program}} for program in PROGRAMS}
    rendered = render({"commonLabels": {"team": "all"}, **own})
    for program in PROGRAMS:
        assert rendered.pod(program)["metadata"]["labels"]["team"] == program
    assert rendered.one("Deployment", "-api")["metadata"]["labels"]["team"] == "all"


def test_a_selector_selects_only_the_pods_of_its_program(render: Render) -> None:
    budget = {"podDisruptionBudget": {"enabled": True, "maxUnavailable": 1}}
    rendered = render({"monitoring": {"enabled": True}, "worker": budget})
    pods = {
        pod["metadata"]["labels"]["app.kubernetes.io/component"]: pod for _, pod in rendered.pods()
    }
    selectors = [
        (one["metadata"]["name"], one["spec"]["selector"].get("matchLabels"))
        for kind in ("Deployment", "PodDisruptionBudget", "PodMonitor")
        for one in rendered.kind(kind)
    ]
    selectors += [
        (one["metadata"]["name"], one["spec"]["selector"]) for one in rendered.kind("Service")
    ]
    selectors += [
        (f"spread-{program}", spread["labelSelector"]["matchLabels"])
        for program in ("api", "worker")
        for spread in pods[program]["spec"]["topologySpreadConstraints"]
    ]
    assert len(selectors) == 3 + 2 + 3 + 1 + 4
    for name, selector in selectors:
        selected = [
            program
            for program, pod in pods.items()
            if selector.items() <= pod["metadata"]["labels"].items()
        ]
        assert selected == [name.rpartition("-")[2]], name


def test_labels_of_monitoring_take_precedence_over_common_ones(render: Render) -> None:
    monitoring = {
        "enabled": True,
        "labels": {"team": "monitors"},
        "rules": {"labels": {"team": "rules"}},
        "dashboards": {"labels": {"team": "dashboards"}},
        "alertmanagerConfig": {"enabled": True, "labels": {"team": "alertmanager"}},
        "email": {"to": "f1@example.com", "from": "f1@example.com", "smarthost": "smtp:587"},
    }
    rendered = render({"commonLabels": {"team": "all"}, "monitoring": monitoring})
    found = {
        (one["kind"], one["metadata"]["labels"]["team"])
        for one in rendered
        if one["metadata"]["labels"]["app.kubernetes.io/component"] == "monitoring"
        or one["kind"] == "PodMonitor"
    }
    assert found == {
        ("PodMonitor", "monitors"),
        ("PrometheusRule", "rules"),
        ("ConfigMap", "dashboards"),
        ("AlertmanagerConfig", "alertmanager"),
    }


def test_the_checksum_of_settings_is_the_charts(render: Render) -> None:
    own = {"podAnnotations": {"checksum/settings": "mine", "note": "mine"}}
    annotations = render({"api": own}).pod("api")["metadata"]["annotations"]
    assert annotations["note"] == "mine"
    assert annotations["checksum/settings"] != "mine"
