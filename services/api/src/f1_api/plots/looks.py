"""How each driver is shown, the same in all plots: colour and dash, so that none needs colour."""

from collections.abc import Iterable
from typing import NamedTuple

COLOURS = 10
DASHES = 4
PLACES = 60
"""How many things on one page can stand out by themselves; those after share their place."""


class Look(NamedTuple):
    """Classes of style.css: `place` on the page, colour and dash."""

    place: int
    colour: int
    dash: int

    @property
    def classes(self) -> str:
        """For the attribute ``class``."""
        return f"k{self.place} c{self.colour} d{self.dash}"


def looks_of(members: Iterable[tuple[str, str]]) -> dict[str, Look]:
    """Looks by driver, of pairs of driver and constructor, in the order in which they are shown.

    A constructor has one colour, and each of its drivers a dash of his own. The eleventh
    constructor has the first one's colour again, with other dashes.

    >>> looks_of([("a", "red"), ("b", "blue"), ("c", "red")])["c"]
    Look(place=2, colour=0, dash=1)
    """
    looks: dict[str, Look] = {}
    teams: dict[str, int] = {}
    drivers: dict[str, int] = {}
    for driver, team in members:
        if driver in looks:
            continue
        number = teams.setdefault(team, len(teams))
        turn = drivers[team] = drivers.get(team, -1) + 1
        dash = (turn + 2 * (number // COLOURS)) % DASHES
        looks[driver] = Look(len(looks) % PLACES, number % COLOURS, dash)
    return looks
