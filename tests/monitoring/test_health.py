"""Healthy programs raise no alert, and failed runs of ingest are counted."""

from monitored.load import Monitored


def test_healthy_programs_raise_no_alert(system: Monitored) -> None:
    """None is pending either, so a `for` that is longer than this test hides no alert."""
    system.prometheus.until(lambda: system.prometheus.query("f1:slo:objective"))
    found = system.prometheus.query("count by (alertname, alertstate) (ALERTS)")
    assert [series["metric"] for series in found] == []
    for group in system.groups:
        assert len(group["rules"]) > 10


def test_a_failed_run_is_counted_by_its_outcome(system: Monitored) -> None:
    value = system.prometheus.value
    system.source.faults.outage = "504"
    try:
        done = system.ingest("poll", "--season", "2023", F1_HTTP_POLL_PATIENCE_S="0.2")
    finally:
        system.source.faults.outage = None
    assert not done
    in_a_row = 'max(f1_ingest_failures_in_a_row{kind="poll", outcome="source_unavailable"})'
    system.prometheus.until(lambda: value(in_a_row) == 1)
