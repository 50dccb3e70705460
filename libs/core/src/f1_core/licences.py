"""The licences of the stored data."""

from typing import NamedTuple


class Licence(NamedTuple):
    """A licence and its attribution."""

    name: str
    url: str | None
    attribution: str


SHARED = Licence(
    "CC BY-NC-SA 4.0",
    "https://creativecommons.org/licenses/by-nc-sa/4.0/",
    "Data: Jolpica-F1 (github.com/jolpica/jolpica-f1), which continues Ergast; "
    "OpenF1 (openf1.org) where it is named as the source",
)
SYNTHETIC = Licence(
    "synthetic data, no restrictions",
    None,
    "Made by a generator: these are not real races, drivers or times",
)
