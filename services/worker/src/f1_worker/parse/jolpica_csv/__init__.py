"""Jolpica's database dump: a zip of formula_one_*.csv, one file for each table.

Names follow the service's models: a *round* has *sessions* (R the race, SR the sprint, Q1.. the
qualifying), a driver of a team enters a round (*roundentry*) and its sessions (*sessionentry*), and
laps and pit stops belong to a session's entry. Results have the format of the service's HTTP
answers, so that a race gives the same lines from both. The dump also has laps and stops of sprints,
which the HTTP answers do not have. Booleans are `t` and `f`, null is empty, durations are
`00:01:31.531`. Columns are found by name, since their order may change.
"""

from f1_core.capture import Capture
from f1_worker.parse import crosscheck
from f1_worker.parse.archive import Archive
from f1_worker.parse.csvfiles import Files
from f1_worker.parse.jolpica_csv.laps import Laps
from f1_worker.parse.jolpica_csv.results import read_qualifying, read_results
from f1_worker.parse.jolpica_csv.rounds import Rounds
from f1_worker.parse.jolpica_csv.standings import read_standings
from f1_worker.parse.jolpica_csv.tables import check_complete
from f1_worker.parse.slices import Parsed


def parse(capture: Capture) -> Parsed:
    """Read a dump.

    Raises:
        BadCapture: it lacks tables on which others depend, or is not an archive of this format.
    """
    files = Files(capture)
    check_complete(files)
    archive = Archive(files, is_whole=True)
    rounds = Rounds(archive)
    laps = Laps(files, archive, rounds)
    read_results(files, archive, rounds, laps.fastest)
    read_qualifying(files, archive, rounds, laps.fastest)
    read_standings(files, archive, rounds)
    archive.settle()
    crosscheck.check(archive)
    laps.check_fastest()
    return archive.parsed()
