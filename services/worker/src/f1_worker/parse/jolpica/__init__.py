"""Jolpica's pages, and the synthetic source's of the same shape, merged to slices.

Pages cut through races and laps, repeat rows and miss others, since the service's order is not
total; rows lost at an edge come again on pages fetched another way (`/laps/12`, `/drivers/...`).
All are merged alike: a row has a key, and a repeated one is dropped. What does not add up
is a problem; what cannot be read is a BadCapture that names page, field and value.
"""

from f1_core.capture import Capture
from f1_worker.parse.jolpica import pages, races, schedule
from f1_worker.parse.slices import Parsed


def parse(capture: Capture) -> Parsed:
    """Read a capture of any of Jolpica's resources.

    One race's resource gives one slice, of no rows if the source had none. Pages of many races
    (`/2023/results`, in a capture that names no round) give a slice for each.

    Raises:
        BadCapture: a page is not of the header's resource, a value cannot be read, or the pages are
            of different races.
    """
    answers = pages.read(capture)
    if capture.header.resource == "schedule":
        return schedule.merge(capture.header, answers)
    return races.merge(capture.header, answers)
