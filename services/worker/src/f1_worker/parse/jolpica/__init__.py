"""Merges pages of Jolpica, and of the synthetic source in the same format, into slices.

Pages split races and laps, repeat rows and omit others, since the service's order is not total;
rows lost at an edge are on pages fetched another way (`/laps/12`, `/drivers/...`). All pages are
merged by the keys of rows, and repeated rows are dropped. Contradictions are problems; unreadable
values are a BadCapture that names page, field and value.
"""

from f1_core.capture import Capture
from f1_worker.parse.jolpica import pages, races, schedule
from f1_worker.parse.slices import Parsed


def parse(capture: Capture) -> Parsed:
    """Read a capture of any of Jolpica's resources.

    A resource of one race gives one slice, without rows if the source had none. Pages of many races
    (`/2023/results`, in a capture without a round) give a slice for each race.

    Raises:
        BadCapture: a page has another resource than the header, a value cannot be read, or the
            pages have different races.
    """
    answers = pages.read(capture)
    if capture.header.resource == "schedule":
        return schedule.merge(capture.header, answers)
    return races.merge(capture.header, answers)
