"""An Ergast archive of invented seasons with every oddity of the real history.

======= ============================================================================================
1951    shared cars: two winners of one car, a driver with two cars, a win that is not shared;
        results without a number or a grid, no laps, no stops, no qualifying; drivers who did not
        qualify, withdrew, did not start; a driver who never raced is in the championship
1983    places that were not awarded: the second was disqualified, and the third stayed third
1997    a champion excluded from the championship: position 3, but positionText D
2011    two races at one circuit; laps, stops, a stop without a duration
2024    a winner whose time is a gap, because the first car was disqualified, with a time;
        sprints, one of them also with such a winner; gaps of more than a minute
2025    a season half run: rounds 1 and 3 have results, 2 was cancelled, 4 and 5 are to come;
        standings without a position, in an order that is neither by points nor by name;
        the last rows of races.csv have 8 cells under a header of 18
======= ============================================================================================

Ids have capitals (`dora_McKay`, the circuit `Sand_Bay`, the constructor `Bolt_GP`), names have
accents (Érik, Éric, Élie, Ömer), and every key between files is above 100 and unordered, so that
no result is correct by chance.
"""

from pathlib import Path

from archives import ergast_writer
from archives.ergast_writer import Cast, Entry, Race

CIRCUITS = {
    "north_hill": ("North Hill", "Northby", "UK", "52.0786", "-1.01694"),
    "Sand_Bay": ("Autódromo Sand Bay", "São Tomé", "Portugal", "-23.7036", "-46.6997"),
    "old_forest": ("Old Forest", "Élancourt", "France", "50.4372", "5.97139"),
    "harbour": ("Harbour", "Port-Réal", "Monaco", "43.7347", "7.42056"),
    "desert_ring": ("Desert Ring", "Oasis", "Qatar", "25.49", "51.4542"),
}
CONSTRUCTORS = {
    "Bolt_GP": ("Bolt GP", "British"),
    "nord": ("Équipe Nord", "French"),
    "zeta": ("Scuderia Zeta", "Italian"),
}
DRIVERS = {
    "erik_adler": ("Érik", "Adler", "German"),
    "eric_brun": ("Éric", "Brun", "French"),
    "elie_costa": ("Élie", "Costa", "French"),
    "dora_McKay": ("Dora", "McKay", "British"),
    "omer_ekin": ("Ömer", "Ekin", "Turkish"),
    "finn_falk": ("Finn", "Falk", "Danish"),
    "gina_gallo": ("Gina", "Gallo", "Italian"),
    "hal_stands": ("Hal", "Stands", "American"),  # is in the championship, and never raced
}


def races() -> list[Race]:
    """All races of the archive."""
    return [*_shared_cars(), *_places_not_awarded(), *_excluded(), *_laps(), *_gaps(), *_half_run()]


def _shared_cars() -> list[Race]:
    first = Race(1951, 1, "north_hill", "1951-05-27")
    first.results = [
        Entry("erik_adler", "zeta", "1", 1, 4, 8, 7, 77, "3:22:11.0", 12131000),
        Entry("eric_brun", "zeta", "1", 1, 5, 8, 7, 77, "3:22:11.0", 12131000),  # the same car
        Entry("elie_costa", "nord", "2", 2, 6, 14, 6, 77, "+58.2", 12189200),
        Entry("dora_McKay", "nord", "3", 3, 2, 24, 1, 76, status="+1 Lap"),
        Entry("finn_falk", "nord", "3", 3, 2, 24, 1, 76, status="+1 Lap"),
        # Drove two cars: the winning one after the first retired.
        Entry("eric_brun", "zeta", "R", 4, 0, 24, 3, 10, status="Engine"),
        Entry("gina_gallo", "Bolt_GP", "R", 5, 0, None, 0, 2, status="Accident"),
        Entry("omer_ekin", "Bolt_GP", "F", 6, 0, None, 0, 0, status="Did not qualify"),
    ]
    first.standings = [
        ("elie_costa", 6, 1, "1", 0), ("eric_brun", 5, 2, "2", 1), ("erik_adler", 4, 3, "3", 1),
        ("dora_McKay", 2, 4, "4", 0), ("finn_falk", 2, 4, "4", 0), ("hal_stands", 0, 6, "6", 0),
    ]  # fmt: skip
    second = Race(1951, 2, "Sand_Bay", "1951-06-17")
    second.results = [
        Entry("dora_McKay", "nord", "1", 1, 8, 2, 1, 50, "2:40:00.5", 9600500),
        Entry("eric_brun", "zeta", "2", 2, 6, 4, 1, 50, "+10.1", 9610600),  # two cars from pole
        Entry("elie_costa", "nord", "N", 3, 0, 14, 5, 30, status="Not classified"),
        Entry("erik_adler", "zeta", "W", 4, 0, 8, 0, 0, status="Withdrew"),
        Entry("omer_ekin", "Bolt_GP", "W", 5, 0, 16, 9, 0, status="Did not start"),
    ]
    second.standings = [
        ("eric_brun", 11, 1, "1", 1), ("dora_McKay", 10, 2, "2", 1), ("elie_costa", 6, 3, "3", 0),
        ("erik_adler", 4, 4, "4", 1), ("finn_falk", 2, 5, "5", 0), ("hal_stands", 0, 6, "6", 0),
        ("gina_gallo", 0, 6, "6", 0),
    ]  # fmt: skip
    return [first, second]


def _places_not_awarded() -> list[Race]:
    only = Race(1983, 1, "Sand_Bay", "1983-03-13")
    only.results = [
        Entry("erik_adler", "zeta", "1", 1, 9, 5, 4, 63, "1:48:27.731", 6507731),
        Entry("eric_brun", "nord", "3", 2, 4, 8, 9, 63, "+51.883", 6559614),
        Entry("elie_costa", "Bolt_GP", "4", 3, 3, 2, 18, 63, "+1:13.951", 6581682),
        Entry("dora_McKay", "nord", "5", 4, 2, 27, 3, 62, status="+1 Lap"),
        Entry("finn_falk", "Bolt_GP", "D", 5, 0, 1, 1, 63, status="Disqualified"),  # was second
        Entry("gina_gallo", "zeta", "R", 6, 0, 6, 7, 19, status="Engine"),
    ]
    only.standings = [
        ("erik_adler", 9, 1, "1", 1), ("eric_brun", 4, 2, "2", 0), ("elie_costa", 3, 3, "3", 0),
        ("dora_McKay", 2, 4, "4", 0),
    ]  # fmt: skip
    only.teams = [("zeta", 9, 1, "1", 1), ("nord", 6, 2, "2", 0), ("Bolt_GP", 3, 3, "3", 0)]
    return [only]


def _excluded() -> list[Race]:
    only = Race(1997, 1, "harbour", "1997-10-26", short=True)
    only.results = [
        Entry("erik_adler", "nord", "1", 1, 10, 3, 1, 69, "1:38:57.771", 5937771),
        Entry("finn_falk", "zeta", "2", 2, 6, 5, 2, 69, "+1.654", 5939425),
        Entry("eric_brun", "zeta", "R", 3, 0, 6, 4, 47, status="Accident"),
    ]
    only.qualifying = [
        ("erik_adler", "nord", 1, "1:21.072", None, None),
        ("finn_falk", "zeta", 2, "1:21.072", None, None),
        ("eric_brun", "zeta", 3, "", None, None),
    ]
    only.standings = [
        ("erik_adler", 10, 1, "1", 1), ("eric_brun", 0, 2, "2", 0), ("finn_falk", 6, 3, "D", 0),
    ]  # fmt: skip
    only.teams = [("nord", 10, 1, "1", 1), ("zeta", 6, 2, "2", 0)]
    return [only]


def _laps() -> list[Race]:
    twice = [Race(2011, 1, "harbour", "2011-05-29"), Race(2011, 2, "harbour", "2011-06-05")]
    for race in twice:
        race.results = [
            Entry("dora_McKay", "Bolt_GP", "1", 1, 25, 4, 1, 3, "4:30.000", 270000,
                  fastest=(1, 3, "1:29.000")),
            Entry("omer_ekin", "Bolt_GP", "2", 2, 18, 3, 2, 3, "+1:06.004", 336004,
                  fastest=(2, 2, "1:29.500")),
            Entry("elie_costa", "nord", "R", 3, 0, 9, 3, 1, status="Retired"),
        ]  # fmt: skip
        race.laps = {
            "dora_McKay": (91000, 90000, 89000),
            "omer_ekin": (92000, 89500, 154504),
            "elie_costa": (95000,),
        }
        race.stops = [
            ("omer_ekin", 1, 2, "14:05:11", "1:02.250"), ("dora_McKay", 1, 2, "14:05:13", "25.125"),
        ]  # fmt: skip
        race.qualifying = _qualified(race)
    twice[1].stops.append(("omer_ekin", 2, 3, "14:08:00", None))
    twice[0].teams = [("Bolt_GP", 43, 1, "1", 1), ("nord", 0, 2, "2", 0)]
    twice[0].standings = [("dora_McKay", 25, 1, "1", 1), ("omer_ekin", 18, 2, "2", 0)]
    twice[1].standings = [("dora_McKay", 50, 1, "1", 2), ("omer_ekin", 36, 2, "2", 0)]
    twice[1].teams = [("Bolt_GP", 86, 1, "1", 2), ("nord", 0, 2, "2", 0)]
    return twice


def _gaps() -> list[Race]:
    first = Race(2024, 1, "old_forest", "2024-07-28")
    first.results = [
        # Finished 0.526 s behind gina_gallo, who was disqualified: the archive has only the gap.
        Entry("dora_McKay", "nord", "1", 1, 25, 44, 3, 44, "+0.526", 4797566,
              fastest=(2, 33, "1:45.3")),
        Entry("omer_ekin", "Bolt_GP", "2", 2, 18, 81, 5, 44, "+1.173", 4798213),
        Entry("erik_adler", "zeta", "3", 3, 15, 16, 1, 44, "+63.011", 4860051),
        Entry("eric_brun", "zeta", "4", 4, 12, 1, 11, 43, status="+1 Lap",
              fastest=(1, 40, "1:44.9")),
        Entry("elie_costa", "Bolt_GP", "R", 5, 0, 24, 19, 5, status="Retired"),
        Entry("gina_gallo", "nord", "D", 6, 0, 63, 6, 44, "1:19:57.040", 4797040, "Disqualified"),
    ]  # fmt: skip
    first.sprint = [
        Entry("omer_ekin", "Bolt_GP", "1", 1, 8, 81, 1, 15, "+2.000", 1502000),
        Entry("dora_McKay", "nord", "2", 2, 7, 44, 3, 15, "+3.500", 1503500),
        Entry("erik_adler", "zeta", "D", 3, 0, 16, 2, 15, "25:00.000", 1500000, "Disqualified"),
    ]
    first.qualifying = [
        ("erik_adler", "zeta", 1, "1:53.159", "1:53.837", "1:53.754"),
        ("dora_McKay", "nord", 2, "1:53.500", "1:53.900", ""),
        ("gina_gallo", "nord", 3, "1:54.000", "", None),
        ("omer_ekin", "Bolt_GP", 4, "1:55.000", None, None),
        ("eric_brun", "zeta", 5, "1:56.000", None, None),
        ("elie_costa", "Bolt_GP", 6, "", None, None),
    ]
    first.standings = [
        ("dora_McKay", 32, 1, "1", 1), ("omer_ekin", 26, 2, "2", 0), ("erik_adler", 15, 3, "3", 0),
        ("eric_brun", 12, 4, "4", 0), ("elie_costa", 0, 5, "5", 0), ("gina_gallo", 0, 6, "6", 0),
    ]  # fmt: skip
    first.teams = [("nord", 32, 1, "1", 1), ("zeta", 27, 2, "2", 0), ("Bolt_GP", 26, 3, "3", 0)]
    first.stops = [("dora_McKay", 1, 11, "15:22:17", "22.936")]
    return [first]


def _half_run() -> list[Race]:
    year = [
        Race(2025, number, circuit, date, short=number != 3)
        for number, circuit, date in (
            (1, "north_hill", "2025-03-16"), (2, "Sand_Bay", "2025-04-06"),
            (3, "harbour", "2025-05-25"), (4, "old_forest", "2025-07-27"),
            (5, "desert_ring", "2025-11-30"),
        )
    ]  # fmt: skip
    for race, winner, second in (
        (year[0], "eric_brun", "dora_McKay"),
        (year[2], "dora_McKay", "eric_brun"),
    ):
        race.results = [
            Entry(winner, "zeta", "1", 1, 25, 4, 1, 57, "1:42:06.304", 6126304),
            Entry(second, "nord", "2", 2, 18, 1, 3, 57, "+0.895", 6127199),
            Entry("omer_ekin", "Bolt_GP", "R", 3, 0, 22, 5, 20, status="Retired"),
            Entry("finn_falk", "nord", "W", 4, 0, 30, 7, 0, status="Did not start"),
        ]
        race.qualifying = _qualified(race)
        race.stops = [(winner, 1, 20, "15:03:00", "23.100")]
    year[0].standings = [
        ("eric_brun", 25, 1, "1", 1), ("dora_McKay", 18, 2, "2", 0),
        ("omer_ekin", 0, None, "-", 0), ("finn_falk", 0, None, "-", 0),
        ("elie_costa", 0, None, "-", 0),
    ]  # fmt: skip
    year[0].teams = [("zeta", 25, 1, "1", 1), ("nord", 18, 2, "2", 0), ("Bolt_GP", 0, None, "-", 0)]
    year[2].sprint = [
        Entry("eric_brun", "zeta", "1", 1, 8, 4, 1, 19, "32:04.660", 1924660),
        Entry("dora_McKay", "nord", "2", 2, 7, 1, 3, 19, "+13.043", 1937703),
        Entry("omer_ekin", "Bolt_GP", "R", 3, 0, 22, 5, 3, status="Retired"),
        Entry("finn_falk", "nord", "W", 4, 0, 30, 7, 0, status="Did not start"),
    ]
    year[2].standings = [
        ("eric_brun", 51, 1, "1", 1), ("dora_McKay", 50, 2, "2", 1),
        ("omer_ekin", 0, None, "-", 0), ("elie_costa", 0, None, "-", 0),
        ("finn_falk", 0, None, "-", 0),
    ]  # fmt: skip
    year[2].teams = [("zeta", 58, 1, "1", 2), ("nord", 43, 2, "2", 0), ("Bolt_GP", 0, None, "-", 0)]
    return year


def _qualified(race: Race) -> list[tuple[str, str, int, str | None, str | None, str | None]]:
    """A qualifying of all drivers with a result, in its order."""
    return [
        (row.driver, row.constructor, place, f"1:3{place}.000", None, None)
        for place, row in enumerate(race.results, 1)
    ]


def write(folder: Path) -> Path:
    """Write the archive's files into the new folder `folder`; returns it."""
    return ergast_writer.write(folder, Cast(DRIVERS, CONSTRUCTORS, CIRCUITS), races())
