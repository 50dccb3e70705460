"""What examples of all rooms have: licence, completeness, coverage. Names are made up.

Examples are instances of the models, so that they cannot be of another shape than the answers.
"""

from datetime import UTC, datetime

from f1_api.completeness.answers import license_of
from f1_api.completeness.models import (
    CapturedResource,
    Completeness,
    Coverage,
    DriverCoverage,
    ResourceCoverage,
)

FETCHED = datetime(2024, 5, 26, 18, 2, 11, tzinfo=UTC)
LICENSE = license_of(synthetic=False)


def captured(resource: str, rows: int, session: str = "race", order: int = 812) -> CapturedResource:
    """A resource of the example race."""
    round_ = "00" if resource == "schedule" else "08"
    key = f"raw/2024-05-26/jolpica/20240526T180204Z-2024-{round_}-{resource}-{order:012d}.json"
    return CapturedResource(resource, session, rows, rows, "jolpica", FETCHED, key)


def completeness(*resources: CapturedResource, missing: tuple[str, ...] = ()) -> Completeness:
    """Completeness of the example race."""
    schedule = captured("schedule", 24, order=790)
    address = "/races/2024-monaco/provenance"
    version = "9b1de2f04c7a55e1"
    return Completeness(not missing, [*resources, schedule], list(missing), version, address)


def coverage(*names: str, of_driver: bool = False) -> Coverage:
    """Coverage of the example season."""
    resources = {
        name: ResourceCoverage(8, 7, 7700, 1, ["2024-imola"])
        if name == "laps"
        else ResourceCoverage(8, 8, 160, 0, [])
        for name in names
    }
    version, address = "1c88a0d3b6f2e947", "/seasons/2024/provenance"
    own = {
        "results": DriverCoverage(8, 8),
        "laps": DriverCoverage(8, 7),
        "pitstops": DriverCoverage(8, 8),
    }
    known = own if of_driver else None
    return Coverage("laps" not in names, 24, 8, resources, version, address, known)
