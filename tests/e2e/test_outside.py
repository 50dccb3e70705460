"""What the tests put outside of the chart works, and loses nothing when its pods go."""

import sqlalchemy as sa

from f1_local.kubernetes.outside import Outside


def test_postgres_keeps_what_was_committed_when_its_pod_is_deleted(outside: Outside) -> None:
    with outside.engine() as engine, engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE kept AS SELECT 1 AS lap"))

    outside.kubectl.delete("pod", "postgres-0")
    outside.kubectl("rollout", "status", "statefulset/postgres", "--timeout=60s", timeout=70)

    with outside.engine() as engine, engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT lap FROM kept")) == 1


def test_s3_keeps_its_objects_when_its_pod_is_deleted(outside: Outside) -> None:
    with outside.store() as store:
        store.put("raw/kept", b"a capture")

    outside.kubectl.delete("pod", "s3-0")
    outside.kubectl("rollout", "status", "statefulset/s3", "--timeout=60s", timeout=70)

    with outside.store() as store:
        assert store.get("raw/kept") == b"a capture"


def test_the_source_answers_and_does_as_it_is_told(outside: Outside) -> None:
    outside.control({"limits": {"per_hour": 100}})
    assert outside.control()["limits"]["per_hour"] == 100
    assert isinstance(outside.requests(), list)
