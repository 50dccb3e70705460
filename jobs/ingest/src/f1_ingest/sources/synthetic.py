"""The synthetic source: made-up seasons over Jolpica's protocol, marked as such everywhere.

With F1_SYNTHETIC_URL it is a server like any other, with its budget. Without, the generator in
this process answers: nothing is sent anywhere, so nothing is spent.
"""

import re
from datetime import UTC, datetime

import httpx

from f1_ingest.settings import Settings
from f1_ingest.sources.jolpica import Jolpica
from f1_ingest.synthetic import kept_season, respond

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
    """Answers requests from the season that their path names."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        match = _SEASON.search(request.url.path)
        if match is None:
            return httpx.Response(404, json={"detail": "Not found."})
        dataset = kept_season(int(match[1]), self._seed)
        status, headers, body = respond(
            dataset, request.url.path, dict(request.url.params), now=datetime.now(UTC)
        )
        return httpx.Response(status, headers=headers, content=body)
