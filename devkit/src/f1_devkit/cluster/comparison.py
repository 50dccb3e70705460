"""Seasons on the test cluster beside the same seasons where nothing goes wrong."""

from f1_devkit.cluster.outside import Outside
from f1_devkit.cluster.seasons import Season
from f1_devkit.programs.tables import read_season
from f1_devkit.programs.undisturbed import Undisturbed


class Comparison:
    """Compares what is in the cluster's Postgres, and what its source was asked for."""

    def __init__(self, outside: Outside, undisturbed: Undisturbed) -> None:
        """Compare what is outside of the chart with what the same season is undisturbed."""
        self._outside = outside
        self._undisturbed = undisturbed

    def assert_exact(self, season: Season) -> None:
        """Every row of a Season is there, as it should be, and no other.

        Raises:
            AssertionError: one is not; says in which table.
        """
        expected = self._undisturbed.outcome(season.year, season.rounds).rows
        with self._outside.engine() as engine:
            found = read_season(engine, season.year)
        assert expected["lap_times"]
        for table, rows in expected.items():
            missing = len(set(map(repr, rows)) - set(map(repr, found[table])))
            told = f"{table}: {len(found[table])} rows, {missing} of {len(rows)} are not there"
            assert found[table] == rows, told

    def fetched_again(self, season: Season) -> set[str]:
        """The captures of a Season that the source was asked for more often than it should be."""
        asked = self._outside.asked_for(season.year)
        return self._undisturbed.outcome(season.year, season.rounds).asked_again(asked)
