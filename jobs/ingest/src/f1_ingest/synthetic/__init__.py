"""Synthetic seasons, and the responses of a service with Jolpica's protocol for them.

``season(2024)`` makes a season, ``respond(dataset, "/2024/1/laps.json", {"limit": "100"})``
responds as the real service would. Everything is marked as synthetic: ids start with ``synth_``,
links lead to ``synthetic.invalid``.
"""

from f1_ingest.synthetic.dataset import Dataset
from f1_ingest.synthetic.generator import cached_season, season, seasons
from f1_ingest.synthetic.responses import respond

__all__ = ["Dataset", "cached_season", "respond", "season", "seasons"]
