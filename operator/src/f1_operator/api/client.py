"""Requests a season's progress from our own API."""

import time

import urllib3
from msgspec import DecodeError, json
from urllib3 import exceptions

from f1_core.errors import F1Error
from f1_operator import metrics
from f1_operator.api.progress import Progress
from f1_operator.season.resource import Season
from f1_operator.settings import ApiClientSettings

_NOT_FOUND = 404
_OK = 200


class ApiUnreachable(F1Error):
    """The API did not respond, or its response is not a season status."""


class SeasonApi:
    """`GET /seasons/{year}/status`. Safe to share between threads.

    An API that accepts connections and does not respond would delay each reconcile of each Season
    by the whole time-out: after one time-out all requests fail at once for as long again.
    """

    def __init__(self, settings: ApiClientSettings, *, timeout_s: float) -> None:
        self._url = settings.url
        self._timeout_s = timeout_s
        self._timeout = urllib3.Timeout(connect=min(timeout_s, 3.0), read=timeout_s)
        self._hangs_until = 0.0
        self._headers = {"Accept": "application/json", "User-Agent": "f1-operator"}
        if settings.key is not None:
            self._headers["X-API-Key"] = settings.key.get_secret_value()

    def progress(self, season: Season) -> Progress:
        """The progress of the Season's plan; empty if the API has no data of its year.

        Raises:
            ApiUnreachable: no response, or an error; the message is for people.
        """
        url = f"{self._url}/seasons/{season.spec.year}/status"
        params = {"owner": season.metadata.uid, "generation": str(season.plan.generation)}
        if time.monotonic() < self._hangs_until:
            raise ApiUnreachable(
                f"the API at {self._url} does not respond: the last request timed out"
            )
        code = 0
        try:
            # A Service chooses a ready pod for each connection, so each request opens its own: a
            # kept one could lead to a pod that ends.
            with urllib3.PoolManager(headers=self._headers, retries=False) as pool:
                response = pool.request("GET", url, fields=params, timeout=self._timeout)
            code = response.status
        except exceptions.HTTPError as error:
            if isinstance(error, exceptions.TimeoutError):
                self._hangs_until = time.monotonic() + self._timeout_s
            raise ApiUnreachable(f"the API at {self._url} does not respond: {error}") from error
        finally:
            metrics.api_requests.labels(str(code)).inc()
        if code == _NOT_FOUND:
            return Progress()
        if code != _OK:
            raise ApiUnreachable(
                f"the API at {self._url} responded {code}: {_detail(response.data)}"
            )
        try:
            return json.decode(response.data, type=Progress)
        except DecodeError as error:
            raise ApiUnreachable(
                f"the API at {self._url} responded with something else: {error}"
            ) from error


def _detail(body: bytes) -> str:
    try:
        problem = json.decode(body)
        return str(problem.get("detail") or problem.get("title"))
    except (DecodeError, AttributeError):
        return body[:100].decode(errors="replace")
