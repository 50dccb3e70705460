"""Labels and annotations from several values: each is written once, and the nearest value wins.

The fixture `render` refuses a key that is twice in a mapping, as kustomize and Flux do.
"""

from collections.abc import Callable

from f1_devkit.cluster.charts import Manifests

Render = Callable[..., Manifests]
PROGRAMS = ("api", "worker", "ingest", "operator", "migration")


def test_a_label_of_a_program_wins_over_the_one_of_all(render: Render) -> None:
    own = {program: {"podLabels": {"team": program}} for program in PROGRAMS}
    rendered = render({"commonLabels": {"team": "all"}, **own})
    for program in PROGRAMS:
        assert rendered.pod(program)["metadata"]["labels"]["team"] == program
    assert rendered.one("Deployment", "-api")["metadata"]["labels"]["team"] == "all"


def test_labels_of_monitoring_win_over_those_of_all(render: Render) -> None:
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
