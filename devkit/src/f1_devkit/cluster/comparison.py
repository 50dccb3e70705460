"""Compares Seasons on the test cluster with the same seasons without faults."""

from f1_devkit.cluster.outside import Outside
from f1_devkit.cluster.seasons import Season
from f1_devkit.programs.tables import read_season
from f1_devkit.programs.undisturbed import Undisturbed


class Comparison:
    """Compares the rows in the cluster's Postgres, and the requests to its source."""

    def __init__(self, outside: Outside, undisturbed: Undisturbed) -> None:
        """Compare the servers outside of the chart with the same season undisturbed."""
        self._outside = outside
        self._undisturbed = undisturbed

    def assert_exact(self, season: Season) -> None:
        """Check that a Season has exactly the expected rows.

        Raises:
            AssertionError: rows differ; names the table.
        """
        expected = self._undisturbed.outcome(season.year, season.rounds).rows
        with self._outside.engine() as engine:
            found = read_season(engine, season.year)
        assert expected["lap_times"]
        for table, rows in expected.items():
            missing = len(set(map(repr, rows)) - set(map(repr, found[table])))
            message = f"{table}: {len(found[table])} rows, {missing} of {len(rows)} are missing"
            assert found[table] == rows, message

    def fetched_again(self, season: Season) -> set[str]:
        """The captures of a Season that were requested more often than necessary."""
        requested = self._outside.requests_for(season.year)
        return self._undisturbed.outcome(season.year, season.rounds).requested_again(requested)
