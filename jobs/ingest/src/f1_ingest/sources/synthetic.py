"""The synthetic source: generated seasons over Jolpica's protocol, marked as such everywhere.

With F1_SYNTHETIC_URL it is a server with a budget. Otherwise the generator in this process
responds: no request is sent, and no budget is spent.
"""

import re
from datetime import UTC, datetime

import httpx

from f1_ingest.settings import Settings
from f1_ingest.sources.jolpica import Jolpica
from f1_ingest.synthetic import cached_season, respond

_SEASON = re.compile(r"/(\d{4})(?:/|\.json)")


def from_settings(settings: Settings) -> Jolpica:
    """The source, against a server or the generator."""
    if settings.synthetic.url is not None:
        return Jolpica(settings.synthetic.url, name="synthetic", budget="synthetic", synthetic=True)
    return Jolpica(
        "https://synthetic.invalid/ergast/f1",
        name="synthetic",
        budget=None,
        synthetic=True,
        transport=_Generator(settings.synthetic.seed),
    )


class _Generator(httpx.BaseTransport):
    """Responds to requests with data of the season in their path."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Respond to one request."""
        match = _SEASON.search(request.url.path)
        if match is None:
            return httpx.Response(404, json={"detail": "Not found."})
        dataset = cached_season(int(match[1]), self._seed)
        status, headers, body = respond(
            dataset, request.url.path, dict(request.url.params), now=datetime.now(UTC)
        )
        return httpx.Response(status, headers=headers, content=body)
