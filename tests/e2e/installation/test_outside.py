"""The services outside of the chart work, and lose nothing when their pods are deleted."""

import sqlalchemy as sa

from f1_devkit.cluster.outside import Outside
from f1_devkit.kubernetes.kubectl import eventually


def test_postgres_keeps_committed_data_when_its_pod_is_deleted(outside: Outside) -> None:
    with outside.engine() as engine, engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE kept AS SELECT 1 AS lap"))

    outside.kubectl.delete("pod", "postgres-0")
    _until_back(outside, "postgres-0")

    with outside.engine() as engine, engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT lap FROM kept")) == 1


def test_s3_keeps_its_objects_when_its_pod_is_deleted(outside: Outside) -> None:
    with outside.store() as store:
        store.put("raw/kept", b"a capture")

    outside.kubectl.delete("pod", "s3-0")
    _until_back(outside, "s3-0")

    with outside.store() as store:
        assert store.get("raw/kept") == b"a capture"


def _until_back(outside: Outside, pod: str) -> None:
    """The StatefulSet counts a deleted pod as ready for a moment, so the pod itself is checked."""
    ready = ("wait", "--for=condition=Ready", f"pod/{pod}", "--timeout=60s")
    eventually("it is back", lambda: outside.kubectl(*ready, timeout=70), timeout=120)


def test_the_source_answers_and_can_be_controlled(outside: Outside) -> None:
    outside.control({"limits": {"per_hour": 100}})
    assert outside.control()["limits"]["per_hour"] == 100
    assert isinstance(outside.requests(), list)
