"""Two installations share a bucket, one of them in a folder; neither sees the other's objects."""

from collections.abc import Callable
from typing import Any

from served import start
from sqlalchemy import text

from f1_devkit.programs.installation import Installation
from f1_devkit.programs.tables import count, read_tables
from f1_devkit.servers.s3 import S3
from f1_ingest.synthetic import season

PREFIXES = ("", "team-a/f1")


def test_installations_share_a_bucket_and_rebuild_from_their_own_folder(
    installation: Installation,
    serve: Callable[..., Any],
    fresh_database: Callable[[], str],
    s3: S3,
) -> None:
    places = {}
    for number, prefix in enumerate(PREFIXES, start=1):
        place = installation.on_database(fresh_database())
        place.environment["F1_S3_PREFIX"] = prefix
        serve(place, season(2024))
        place.run("f1-ingest", "backfill", "--source", "synthetic", "--season", "2024",
                  "--rounds", str(number), "--resources", "results")  # fmt: skip
        place.run("f1-worker", "run", "--drain")
        places[prefix] = place
    with s3.store(installation.environment["F1_S3_BUCKET"]) as bucket:
        keys = list(bucket.keys(""))
    folders = {key.partition("/")[0] for key in keys}
    assert folders == {"raw", "processed", "team-a"}
    assert any(key.startswith("team-a/f1/processed/2024/") for key in keys)

    assert [_rounds_with_results(place) for place in places.values()] == [[1], [2]]
    rebuilt = {prefix: place.on_database(fresh_database()) for prefix, place in places.items()}
    for prefix, again in rebuilt.items():
        again.run("f1-worker", "run", "--drain")
        assert count(again.engine(), "unreadable_objects") == 0, prefix
        assert read_tables(again.engine()) == read_tables(places[prefix].engine()), prefix

    served = start(rebuilt["team-a/f1"])
    try:
        resources = served.json("/races/2024-2/provenance")["resources"]
    finally:
        served.client.close()
        for process in installation.started:
            process.terminate()
            process.wait(timeout=30)
    [raw] = [item["applied"]["object"] for item in resources if item["resource"] == "results"]
    bucket_name = installation.environment["F1_S3_BUCKET"]
    assert raw["key"].startswith("raw/")
    assert raw["bucket"] == bucket_name
    assert raw["uri"] == f"s3://{bucket_name}/team-a/f1/{raw['key']}"


def _rounds_with_results(place: Installation) -> list[int]:
    with place.engine().connect() as connection:
        found = connection.execute(
            text("SELECT DISTINCT round FROM results JOIN races USING (race_id)")
        )
        return list(found.scalars())
