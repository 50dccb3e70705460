"""The API for the operator, answered from ledgers in memory."""

import json
from collections import defaultdict
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from f1_devkit.servers.http_thread import Handler, HttpThread
from seasons.world import Ledger


class FakeApi:
    """The API, answering from one ledger for each year.

    Attributes:
        up: whether it answers; otherwise 503, as for an unavailable database.
        requests: number of requests.
    """

    def __init__(self, rounds: int = 4) -> None:
        self.ledgers: defaultdict[int, Ledger] = defaultdict(lambda: Ledger(rounds=rounds))
        self.up = True
        self.requests = 0
        api = self

        class Answer(Handler):
            def do_GET(self) -> None:  # noqa: N802 - its parent's name
                api.requests += 1
                url = urlsplit(self.path)
                query = {name: values[0] for name, values in parse_qs(url.query).items()}
                status, body = api.answer(int(url.path.split("/")[2]), query)
                self.answer(status, {"Content-Type": "application/json"}, json.dumps(body).encode())

        self.server = HttpThread(Answer)

    def answer(self, year: int, query: dict[str, str]) -> tuple[int, Any]:
        if not self.up:
            return 503, {"title": "Service Unavailable", "detail": "the database is away"}
        ledger = self.ledgers[year]
        ledger.now = datetime.now(UTC)
        return 200, ledger.answer(query["owner"], int(query["generation"]))
