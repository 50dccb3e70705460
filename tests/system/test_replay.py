"""The database is lost; S3 restores every row, and no request goes to the source."""

from collections.abc import Callable

from f1_devkit.programs.installation import Installation
from f1_devkit.programs.tables import read_tables
from f1_ingest.synthetic import season


def test_a_lost_database_is_rebuilt_row_by_row_without_a_request(
    installation: Installation, serve: Callable[..., object], fresh_database: Callable[[], str]
) -> None:
    server = serve(installation, season(2024))
    installation.run(
        "f1-ingest", "backfill", "--source", "synthetic", "--season", "2024", "--rounds", "1-5"
    )
    installation.run("f1-worker", "run", "--drain")
    before = read_tables(installation.engine())
    requests = len(server.log)  # type: ignore[attr-defined]

    again = installation.on_database(fresh_database())
    workers = [again.start("f1-worker", "run", "--drain") for _ in range(3)]
    assert [worker.wait(timeout=120) for worker in workers] == [0, 0, 0]

    after = read_tables(again.engine())
    for table, rows in before.items():
        assert after[table] == rows, table
    assert before["lap_times"]
    again.run(
        "f1-ingest", "backfill", "--source", "synthetic", "--season", "2024", "--rounds", "1-5"
    )
    assert len(server.log) == requests  # type: ignore[attr-defined]
