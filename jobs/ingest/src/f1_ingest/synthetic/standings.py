"""The championships after each race, from the results."""

from dataclasses import dataclass, field

from f1_ingest.synthetic.dataset import ConstructorStanding, DriverStanding, Result, Weekend


@dataclass
class _Tally:
    points: float = 0.0
    places: list[int] = field(default_factory=list)
    constructors: list[str] = field(default_factory=list)

    @property
    def wins(self) -> int:
        return self.places.count(1)

    def rank(self) -> tuple[float, list[int]]:
        """More points first, then more wins, more second places, and so on."""
        return (-self.points, [-self.places.count(place) for place in range(1, 21)])


def fill(weekends: list[Weekend], *, constructors: bool = True) -> None:
    """Compute the standings after each of a season's weekends, in order."""
    drivers: dict[str, _Tally] = {}
    teams: dict[str, _Tally] = {}
    for weekend in weekends:
        for result in weekend.results:
            _count(drivers.setdefault(result.driver_id, _Tally()), result, race=True)
            _count(teams.setdefault(result.constructor_id, _Tally()), result, race=True)
        for result in weekend.sprint:
            _count(drivers.setdefault(result.driver_id, _Tally()), result, race=False)
            _count(teams.setdefault(result.constructor_id, _Tally()), result, race=False)
        weekend.driver_standings = [
            DriverStanding(
                driver_id=driver_id,
                constructor_ids=list(tally.constructors),
                position=position if tally.places else None,
                position_text=str(position) if tally.places else "-",
                points=tally.points,
                wins=tally.wins,
            )
            for position, (driver_id, tally) in enumerate(_ranked(drivers), 1)
        ]
        if constructors:
            weekend.constructor_standings = [
                ConstructorStanding(
                    constructor_id=constructor_id,
                    position=position,
                    position_text=str(position),
                    points=tally.points,
                    wins=tally.wins,
                )
                for position, (constructor_id, tally) in enumerate(_ranked(teams), 1)
            ]


def _count(tally: _Tally, result: Result, *, race: bool) -> None:
    tally.points += result.points
    if race and result.position_text.isdecimal():
        tally.places.append(int(result.position_text))
    if result.constructor_id not in tally.constructors:
        tally.constructors.append(result.constructor_id)


def _ranked(tallies: dict[str, _Tally]) -> list[tuple[str, _Tally]]:
    # Drivers who never finished are last, as those without a position in the service.
    return sorted(tallies.items(), key=lambda item: (not item[1].places, item[1].rank(), item[0]))
