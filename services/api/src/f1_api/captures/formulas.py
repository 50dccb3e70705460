"""How the figures are computed that no source has; formulas.json has the text."""

from pathlib import Path

import msgspec

from f1_api.captures.models import Formula

_ALL = msgspec.json.decode(
    Path(__file__).with_suffix(".json").read_bytes(), type=dict[str, list[Formula]]
)
OF_RACE = _ALL["race"]
"""Of /races/{race_id}/aggregations."""
OF_DRIVER = _ALL["driver"]
"""Of /drivers/{driver_id}/stats; with `session=sprint` the same for sprints."""
OF_SEASON = [*OF_DRIVER, *_ALL["season"]]
"""Of all answers about a season."""
