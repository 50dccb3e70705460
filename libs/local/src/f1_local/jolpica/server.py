"""The stand-in server."""

import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import Self
from urllib.parse import parse_qsl, urlsplit

from f1_ingest.synthetic import Dataset, respond
from f1_ingest.synthetic.answers import Answer
from f1_ingest.synthetic.paths import BASE
from f1_local.http_thread import Handler, HttpThread
from f1_local.jolpica import log
from f1_local.jolpica.edges import PageEdges
from f1_local.jolpica.faults import Faults
from f1_local.jolpica.limits import Limits, unlimited
from f1_local.jolpica.log import Request, RequestLog

_THROTTLED: Answer = (
    429,
    {"Content-Type": "application/json"},
    b'{"detail":"Request was throttled."}',
)
_HTML = {"Content-Type": "text/html; charset=UTF-8"}
_PAGE = (
    "<!DOCTYPE html>\n<html><head><title>api | {title}</title></head>"
    "<body><h1>{title}</h1><p>The service is unavailable. Please try again later.</p></body></html>"
)
_TITLES = {
    500: "500: Internal server error",
    502: "502: Bad gateway",
    504: "504: Gateway time-out",
    521: "521: Web server is down",
}


class JolpicaServer:
    """Serves a dataset as Jolpica would, from a thread; everything can be changed while it runs.

    Attributes:
        dataset: what it serves; see :meth:`correct`.
        limits: how many requests it takes; None at first.
        faults: what goes wrong.
        edges: which pages lose rows at their edges.
        now: races after it have no rows yet; None: all seasons are over.
        log: the requests so far.
        on_request: called with each request before it is answered, from the server's thread.
    """

    def __init__(
        self,
        dataset: Dataset,
        *,
        limits: Limits | None = None,
        faults: Faults | None = None,
        edges: PageEdges | None = None,
        now: datetime | None = None,
        port: int | None = None,
    ) -> None:
        """Prepare a server on `port`, or a free one; nothing is served yet."""
        self.dataset = dataset
        self.limits = limits or unlimited()
        self.faults = faults or Faults()
        self.edges = edges or PageEdges()
        self.now = now
        self.log = RequestLog()
        self.on_request: Callable[[str], None] | None = None
        self._correcting = threading.Lock()
        stand_in = self

        class StandInHandler(Handler):
            def do_GET(self) -> None:  # noqa: N802 - its parent calls it so
                stand_in._get(self)

        self._http = HttpThread(StandInHandler, port)

    @property
    def url(self) -> str:
        """Where the service is, as F1_JOLPICA_URL and F1_SYNTHETIC_URL want it."""
        return self._http.url + BASE

    def correct(self, change: Callable[[Dataset], object]) -> None:
        """Change what is served: `change` gets a copy, which then takes the dataset's place.

        >>> server.correct(lambda data: data.weekend(2024, 3).laps.pop())  # doctest: +SKIP
        """
        with self._correcting:
            corrected = self.dataset.copy()
            change(corrected)
            for weekend in corrected.weekends:
                weekend.sort()
            self.dataset = corrected

    def start(self) -> None:
        """Serve from a thread."""
        self._http.start()

    def serve(self) -> None:
        """Serve until interrupted."""
        self._http.serve()

    def stop(self) -> None:
        """Stop serving."""
        self._http.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _get(self, request: Handler) -> None:
        at = log.now()
        parts = urlsplit(request.path)
        query = dict(parse_qsl(parts.query))
        if self.on_request is not None:
            self.on_request(request.path)
        fault = None
        answer: Answer | None
        if self.limits.take():
            fault = self.faults.draw(parts.path)
            answer = self._answer(parts.path, query, fault)
        else:
            answer = _THROTTLED
        self.log.add(
            Request(
                at=at,
                path=parts.path,
                query=query,
                status=answer[0] if answer else 0,
                fault=fault,
                user_agent=request.headers.get("User-Agent", ""),
            )
        )
        if answer is None:
            request.drop()
        elif fault == "truncated":
            status, headers, body = answer
            whole = {**headers, "Content-Length": str(len(body))}
            request.answer(status, whole, body[: len(body) // 2])
            request.drop()
        else:
            request.answer(*answer)

    def _answer(self, path: str, query: dict[str, str], fault: str | None) -> Answer | None:
        if fault == "time-out":
            time.sleep(self.faults.time_out_s)
        if fault in ("drop", "time-out"):
            return None
        if fault == "429":
            return _THROTTLED
        if fault is not None and fault.isdecimal():
            return int(fault), _HTML, _PAGE.format(title=_TITLES[int(fault)]).encode()
        if fault == "html":
            return 200, _HTML, _PAGE.format(title="Maintenance").encode()
        if fault == "garbage":
            return 200, {"Content-Type": "application/json"}, bytes(range(256)) * 4
        if fault == "slow":
            time.sleep(self.faults.slow_s)
        status, headers, body = self._right(path, query, fault)
        return status, headers, body[: len(body) // 2] if fault == "cut" else body

    def _right(self, path: str, query: dict[str, str], fault: str | None) -> Answer:
        """The right answer, but for rows lost at a page's edges."""
        dataset = self.dataset
        if fault == "wrong-page":
            query = {**query, "offset": "0"}
        if fault == "empty":
            dataset = Dataset(seasons=dataset.seasons)
        url = f"{path}?limit={query.get('limit')}&offset={query.get('offset')}"
        return respond(
            dataset,
            path,
            query,
            base=self._http.url,
            now=self.now,
            slicer=lambda rows, offset, limit: self.edges.page(url, rows, offset, limit),
        )
