"""The lock of a season, which purges and schedules hold exclusively."""

import pytest
import sqlalchemy as sa

from f1_core.ledger import decisions


@pytest.mark.parametrize(
    ("first", "second", "waits"),
    [
        ("shared", "shared", False),
        ("shared", "exclusive", True),
        ("exclusive", "shared", True),
        ("exclusive", "exclusive", True),
    ],
)
def test_a_purge_waits_for_all_and_races_do_not_wait_for_each_other(
    engine: sa.Engine, first: str, second: str, *, waits: bool
) -> None:
    def hold(connection: sa.Connection, how: str, season: int) -> None:
        lock = decisions.season_lock(exclusive=how == "exclusive")
        connection.execute(lock, {"season": season})

    with engine.begin() as one, engine.begin() as other:
        hold(one, first, 2024)
        other.execute(sa.text("SET lock_timeout = '50ms'"))
        hold(other, "exclusive", 2023)  # another season is free
        if waits:
            with pytest.raises(sa.exc.OperationalError, match="lock timeout"):
                hold(other, second, 2024)
        else:
            hold(other, second, 2024)
