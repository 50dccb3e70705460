"""Asks our own API how far a season is."""

import time

import urllib3
from msgspec import DecodeError, json
from urllib3 import exceptions

from f1_core.errors import F1Error
from f1_operator import metrics
from f1_operator.progress import Progress
from f1_operator.season import Season
from f1_operator.settings import ApiClientSettings

_NOT_FOUND = 404
_OK = 200


class ApiUnreachable(F1Error):
    """The API did not answer, or not with what it should."""


class SeasonApi:
    """`GET /seasons/{year}/status`. Safe to share between threads.

    An API that accepts and says nothing would hold every look at every Season for the whole
    time-out: after one such wait the others are told at once, for as long again.
    """

    def __init__(self, settings: ApiClientSettings, *, timeout_s: float, connections: int) -> None:
        self._url = settings.url
        self._timeout_s = timeout_s
        self._hangs_until = 0.0
        self._headers = {"Accept": "application/json", "User-Agent": "f1-operator"}
        if settings.key is not None:
            self._headers["X-API-Key"] = settings.key.get_secret_value()
        self._pool = urllib3.PoolManager(
            maxsize=connections,
            retries=False,
            timeout=urllib3.Timeout(connect=min(timeout_s, 3.0), read=timeout_s),
        )

    def progress(self, season: Season) -> Progress:
        """How far the Season's plan is; empty if nothing is known of its year.

        Raises:
            ApiUnreachable: no answer, or an error, as a sentence for a person.
        """
        url = f"{self._url}/seasons/{season.spec.year}/status"
        asked = {"owner": season.metadata.uid, "generation": str(season.plan.generation)}
        if time.monotonic() < self._hangs_until:
            raise ApiUnreachable(f"the API at {self._url} does not answer: it hangs")
        code = 0
        try:
            response = self._pool.request("GET", url, fields=asked, headers=self._headers)
            code = response.status
        except exceptions.HTTPError as error:
            if isinstance(error, exceptions.TimeoutError):
                self._hangs_until = time.monotonic() + self._timeout_s
            raise ApiUnreachable(f"the API at {self._url} does not answer: {error}") from error
        finally:
            metrics.api_requests.labels(str(code)).inc()
        if code == _NOT_FOUND:
            return Progress()
        if code != _OK:
            raise ApiUnreachable(f"the API at {self._url} answers {code}: {_told(response.data)}")
        try:
            return json.decode(response.data, type=Progress)
        except DecodeError as error:
            raise ApiUnreachable(
                f"the API at {self._url} answers something else: {error}"
            ) from error


def _told(body: bytes) -> str:
    try:
        problem = json.decode(body)
        return str(problem.get("detail") or problem.get("title"))
    except (DecodeError, AttributeError):
        return body[:100].decode(errors="replace")
