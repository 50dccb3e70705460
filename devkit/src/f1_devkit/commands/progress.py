"""The progress of a season or a replay, from the database."""

from dataclasses import dataclass, field

from sqlalchemy import Engine, text

from f1_core.postgres.queries import query

OPEN = ("pending", "processing")


@dataclass(frozen=True)
class Ledger:
    """Captures by state."""

    states: dict[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """All captures."""
        return sum(self.states.values())

    @property
    def done(self) -> int:
        """Captures without work for a worker."""
        return self.total - sum(self.states.get(state, 0) for state in OPEN)

    def __str__(self) -> str:
        return ", ".join(f"{count:,} {state}" for state, count in sorted(self.states.items()))


@dataclass(frozen=True)
class Race:
    """A race and the numbers of its processed rows; None: not captured."""

    round: int
    name: str
    laps: int | None
    results: int | None
    pit_stops: int | None


def ledger(engine: Engine) -> Ledger:
    """Count captures."""
    with engine.connect() as connection:
        found = connection.execute(text("SELECT state, count(*) FROM captures GROUP BY state"))
        return Ledger({state: int(count) for state, count in found})


def races(engine: Engine, season: int) -> list[Race]:
    """A season's races by round."""
    with engine.connect() as connection:
        found = connection.execute(query(__name__, "races"), {"season": season})
        return [Race(*row) for row in found]


def requests(engine: Engine, season: int) -> int:
    """The number of requests for the captures of a season."""
    statement = text("SELECT coalesce(sum(requests), 0) FROM captures WHERE season = :season")
    with engine.connect() as connection:
        return int(connection.execute(statement, {"season": season}).scalar_one())


def winner(engine: Engine, season: int) -> tuple[int, str] | None:
    """Round and driver of the season's first processed win."""
    with engine.connect() as connection:
        found = connection.execute(query(__name__, "first_win"), {"season": season}).first()
        return None if found is None else (int(found[0]), str(found[1]))
