"""The stand-in server."""

import json
import threading
import time
from collections.abc import Callable
from datetime import datetime
from urllib.parse import parse_qsl, urlsplit

from f1_devkit.servers.http_thread import Handler, HttpThread
from f1_devkit.servers.jolpica import control, dump, log, openf1
from f1_devkit.servers.jolpica.edges import PageEdges
from f1_devkit.servers.jolpica.faults import Faults
from f1_devkit.servers.jolpica.limits import Limits, unlimited
from f1_devkit.servers.jolpica.log import Request, RequestLog
from f1_devkit.servers.ports import LOOPBACK
from f1_ingest.synthetic import Dataset, respond
from f1_ingest.synthetic.paths import BASE
from f1_ingest.synthetic.responses import Response

_THROTTLED: Response = (
    429,
    {"Content-Type": "application/json"},
    b'{"detail":"Request was throttled."}',
)
_DUMPS = "/data/dumps/download"
_HTML = {"Content-Type": "text/html; charset=UTF-8"}
_PAGE = (
    "<!DOCTYPE html>\n<html><head><title>api | {title}</title></head>"
    "<body><h1>{title}</h1><p>The service is unavailable. Please try again later.</p></body></html>"
)
_TITLES = {
    403: "403: Forbidden",
    500: "500: Internal server error",
    502: "502: Bad gateway",
    504: "504: Gateway time-out",
    521: "521: Web server is down",
}


class JolpicaServer(HttpThread):
    """Serves a dataset as Jolpica would, from a thread; everything can be changed while it runs.

    Attributes:
        dataset: the served data; see :meth:`correct`.
        limits: the request limits; at first none.
        faults: of responses.
        edges: which pages lose rows at their edges.
        now: races after it have no rows yet; None: all seasons are over.
        log: the requests so far.
        openf1_limits, openf1_live: OpenF1's own limits, and whether a session is live.
        on_request: called with each request before the response, from the server's thread.
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
        host: str = LOOPBACK,
    ) -> None:
        """Prepare a server on `port` of `host`, by default a free one; nothing is served yet."""
        self.dataset = dataset
        self.limits = limits or unlimited()
        self.faults = faults or Faults()
        self.edges = edges or PageEdges()
        self.now = now
        self.log = RequestLog()
        self.on_request: Callable[[str], None] | None = None
        self.openf1_limits = unlimited()
        self.openf1_live = False
        self._dump: tuple[Dataset, dump.Dump] | None = None
        self._lock = threading.RLock()
        stand_in = self

        class StandInHandler(Handler):
            def do_GET(self) -> None:  # noqa: N802 - the base class's name
                stand_in._get(self)

            def do_POST(self) -> None:  # noqa: N802
                stand_in._post(self)

        super().__init__(StandInHandler, port, host)

    @property
    def url(self) -> str:
        """The value of F1_JOLPICA_URL and F1_SYNTHETIC_URL."""
        return self.address + BASE

    @property
    def dumps_url(self) -> str:
        """The value of F1_JOLPICA_DUMPS_URL."""
        return f"{self.address}{_DUMPS}"

    @property
    def openf1_url(self) -> str:
        """The value of F1_OPENF1_URL."""
        return f"{self.address}/v1"

    @property
    def control_url(self) -> str:
        """The URL that controls it from another process; see `control`."""
        return f"{self.address}/control"

    @property
    def dump(self) -> dump.Dump:
        """The dump of the served dataset."""
        with self._lock:
            if self._dump is None or self._dump[0] is not self.dataset:
                self._dump = self.dataset, dump.make(self.dataset)
            return self._dump[1]

    def correct(self, change: Callable[[Dataset], object]) -> None:
        """Change the served dataset: `change` gets a copy, which then replaces it.

        >>> server.correct(lambda data: data.weekend(2024, 3).laps.pop())  # doctest: +SKIP
        """
        with self._lock:
            corrected = self.dataset.copy()
            change(corrected)
            for weekend in corrected.weekends:
                weekend.sort()
            self.dataset = corrected

    def _post(self, request: Handler) -> None:
        body = request.rfile.read(int(request.headers.get("Content-Length", 0)))
        try:
            control.change(self, json.loads(body or b"{}"))
        except (ValueError, KeyError, TypeError) as error:
            request.answer(400, {}, f"{error}\n".encode())
        else:
            request.answer(*control.show(self, request.path))

    def _get(self, request: Handler) -> None:
        at = log.now()
        parts = urlsplit(request.path)
        if parts.path.startswith("/control"):
            request.answer(*control.show(self, parts.path))
            return
        query = dict(parse_qsl(parts.query))
        if self.on_request is not None:
            self.on_request(request.path)
        service = _service(parts.path)
        fault = None
        answer: Response | None
        if (self.openf1_limits if service == "openf1" else self.limits).take():
            fault = self.faults.draw(parts.path)
            answer = self._answer(service, parts.path, query, fault)
        else:
            answer = _THROTTLED
        self.log.add(
            Request(
                at=at,
                path=parts.path,
                query=query,
                status=answer[0] if answer else 0,
                fault=fault,
                service=service,
                user_agent=request.headers.get("User-Agent", ""),
                authorization="Authorization" in request.headers,
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

    def _answer(
        self, service: str, path: str, query: dict[str, str], fault: str | None
    ) -> Response | None:
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
        status, headers, body = self._valid(service, path, query, fault)
        return status, headers, body[: len(body) // 2] if fault == "cut" else body

    def _valid(self, service: str, path: str, query: dict[str, str], fault: str | None) -> Response:
        """The correct response, except rows lost at a page's edges."""
        dataset = self.dataset
        if service == "openf1":
            return openf1.LIVE if self.openf1_live else openf1.respond(dataset, path, query)
        if service in ("dumps", "storage"):
            return self._download(path)
        if fault == "wrong-page":
            query = {**query, "offset": "0"}
        if fault == "empty":
            dataset = Dataset(seasons=dataset.seasons)
        url = f"{path}?limit={query.get('limit')}&offset={query.get('offset')}"
        return respond(
            dataset,
            path,
            query,
            base=self.address,
            now=self.now,
            slicer=lambda rows, offset, limit: self.edges.page(url, rows, offset, limit),
        )

    def _download(self, path: str) -> Response:
        """The listing of dumps, the redirect to their storage, or a dump."""
        found = self.dump
        if path == f"/storage/{found.file_hash}.zip":
            return 200, {"Content-Type": "application/zip"}, found.content
        if path in (f"{_DUMPS}/latest/", f"{_DUMPS}/delayed/"):
            # Another host than the requested one, as the real storage.
            storage = f"http://localhost:{self.port}/storage/{found.file_hash}.zip"
            return 302, {"Location": storage}, b""
        if path != f"{_DUMPS}/":
            return 404, {"Content-Type": "application/json"}, b'{"detail":"Not found."}'
        kinds = {
            f"{kind}_dumps": {
                "csv": {
                    "dump_type": "csv",
                    "file_hash": found.file_hash,
                    "file_size": len(found.content),
                    "uploaded_at": found.uploaded_at,
                    "download_url": f"{self.dumps_url}/{kind}/?dump_type=csv",
                }
            }
            for kind in ("latest", "delayed")
        }
        listing = {"available_types": ["csv"], **kinds, "delay_days": 14}
        return 200, {"Content-Type": "application/json"}, json.dumps(listing).encode()


def _service(path: str) -> str:
    for prefix, service in ((_DUMPS, "dumps"), ("/storage/", "storage"), ("/v1/", "openf1")):
        if path.startswith(prefix):
            return service
    return "jolpica"
