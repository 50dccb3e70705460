"""Synthetic drivers and constructors, with careers of several seasons."""

import random
from dataclasses import dataclass
from itertools import chain, combinations, product
from string import ascii_uppercase

from f1_ingest.synthetic.circuits import plain
from f1_ingest.synthetic.dataset import Constructor, Driver

SEATS = 20
_REGULARS = SEATS * 40
"""More drivers than ever have a seat."""


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_GIVEN = _words(
    "Ilan Marek Tova Ruben Søren Noa Edda Luca Petra Oskar Inés Jonas Mira Anton Kaja Dario "
    "Freya Milan Sára Theo Yara Vito Linus Zoë Arvid Bela Cato Dunya Emil Fenna"
)
_STEM = _words(
    "Var Kes Mor Tal Ost Bren Fal Lind Dor Sev Quil Hav Nor Pel Ras Tor Ull Ves Wen Yar Zan Ard "
    "Bel Cor"
)
_ENDING = _words(
    "ano berg elli ström ez aux inen oka ard sen ovic mann wick well ier etti ado ski ley quist "
    "ora ins ault ész"
)
_NATIONS = _words("Aldrian Vesmarkian Kestorian Sunelander Quorian Halvian Tarnish Ostrian")
_TEAMS = _words(
    "Aurelia Borealis Cobalt Drakkar Ember Falkon Gyrus Halcyon Ion Juniper Kestrel Lumen"
)
_TENURE = 7
"""Years that a driver keeps a seat, on average; seats change in different years."""


@dataclass(frozen=True)
class Seat:
    """A car of a season, its driver, and their speed.

    Attributes:
        pace: loss to a perfect lap, as a share of its time, about 0 to 0.03.
    """

    driver: Driver
    constructor: Constructor
    number: str
    pace: float


class Cast:
    """The drivers and constructors of one seed."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        order = random.Random(f"{seed}:names")
        self._families = [stem + ending for stem in _STEM for ending in _ENDING]
        order.shuffle(self._families)
        self._codes = _codes(self._families, _REGULARS)
        self._offsets = [order.randrange(_TENURE + 4) for _ in range(SEATS)]
        self._tenures = [_TENURE - 2 + order.randrange(5) for _ in range(SEATS)]
        self._teams = order.sample(_TEAMS, SEATS // 2)

    def seats(self, year: int) -> list[Seat]:
        """The regular drivers of a season and their cars."""
        return [self._seat(number, year) for number in range(SEATS)]

    def reserve(self, year: int) -> Driver:
        """A driver for a few races, without number and code, as some real ones."""
        driver = self._driver(_REGULARS + year - 1950, year - 19)
        driver.number = None
        return driver

    def _seat(self, seat: int, year: int) -> Seat:
        since_1950 = year - 1950 + self._offsets[seat]
        generation = since_1950 // self._tenures[seat]
        debut = year - since_1950 % self._tenures[seat]
        index, born = seat + generation * SEATS, debut - 20 - seat % 5
        driver = self._driver(index, born)
        driver.code = self._codes[index] if born + 20 >= 1990 else None
        # Every few years each first driver changes teams, so that careers have several.
        move = (year - 1950) // 4 if seat % 2 == 0 else 0
        team = (seat // 2 + move) % len(self._teams)
        # The pace of teams changes over the years, that of drivers does not.
        form = random.Random(f"{self._seed}:form:{team}:{year // 3}").uniform(0, 0.020)
        skill = random.Random(f"{self._seed}:skill:{driver.driver_id}").uniform(0, 0.008)
        # Before permanent numbers, cars had the numbers 1 to 20.
        number = driver.number if driver.number and year >= 2014 else seat + 1
        return Seat(driver, self._constructor(team), str(number), form + skill)

    def _driver(self, index: int, born: int) -> Driver:
        family = self._families[index % len(self._families)]
        own = random.Random(f"{self._seed}:driver:{index}")
        given = own.choice(_GIVEN)
        driver_id = f"synth_{plain(family)}"
        if index >= len(self._families):
            driver_id += f"_{index // len(self._families)}"
        return Driver(
            driver_id=driver_id,
            given_name=given,
            family_name=family,
            # Each seat has its own numbers, so that they are unique in a season.
            number=2 + index % SEATS * 4 + own.randrange(4) if born + 20 >= 2000 else None,
            code=None,
            date_of_birth=f"{born}-{own.randrange(1, 13):02}-{own.randrange(1, 29):02}",
            nationality=own.choice(_NATIONS),
            url=f"https://synthetic.invalid/drivers/{driver_id}",
        )

    def _constructor(self, team: int) -> Constructor:
        name = self._teams[team]
        return Constructor(
            constructor_id=f"synth_{name.lower()}",
            name=f"{name} Racing",
            nationality=_NATIONS[team % len(_NATIONS)],
            url=f"https://synthetic.invalid/constructors/{name.lower()}",
        )


def _codes(families: list[str], number: int) -> list[str]:
    """Three letters for each of `number` drivers, unique: the first three of the name, or else
    the first and two later ones.
    """
    taken: dict[str, None] = {}
    for index in range(number):
        name = plain(families[index % len(families)]).upper()
        letters = chain(combinations(name[1:], 2), product(ascii_uppercase, repeat=2))
        candidates = (f"{name[0]}{second}{third}" for second, third in letters)
        taken[next(code for code in candidates if code not in taken)] = None
    return list(taken)
