"""Colour and dash of each driver in all plots, so that colour alone is not needed."""

from collections.abc import Iterable
from typing import NamedTuple

COLOURS = 10
DASHES = 4
PLACES = 60
"""Most drivers on a page with separate highlights; further drivers share one."""


class Look(NamedTuple):
    """Classes of style.css: `place` on the page, colour and dash."""

    place: int
    colour: int
    dash: int

    @property
    def classes(self) -> str:
        """The attribute ``class``."""
        return f"k{self.place} c{self.colour} d{self.dash}"


def looks_of(members: Iterable[tuple[str, str]]) -> dict[str, Look]:
    """Looks by driver, from pairs of driver and constructor in the order of display.

    Each constructor has a colour, and each of its drivers a dash. The eleventh constructor has the
    colour of the first one with other dashes.

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
