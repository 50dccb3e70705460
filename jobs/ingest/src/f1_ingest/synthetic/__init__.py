"""Made-up seasons, and a Jolpica-shaped service's answers for them.

``season(2024)`` makes a season, ``respond(dataset, "/2024/1/laps.json", {"limit": "100"})`` answers
from it as the real service would. All of it is marked as synthetic: ids start
with ``synth_``, links lead to ``synthetic.invalid``.
"""

from f1_ingest.synthetic.answers import respond
from f1_ingest.synthetic.dataset import Dataset
from f1_ingest.synthetic.generator import kept_season, season, seasons

__all__ = ["Dataset", "kept_season", "respond", "season", "seasons"]
