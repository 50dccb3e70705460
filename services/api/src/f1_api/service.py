"""The objects that all parts of a running API share."""

import contextlib
import hashlib
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, cast

from starlette.requests import Request

from f1_api.auth.keys import KeyRing, read_key
from f1_api.auth.quotas import Counts, Quotas
from f1_api.http.cache import AnswerCache
from f1_api.http.cache_control import Freshness, Times
from f1_api.http.problems import Unavailable
from f1_api.http.request_context import exchange_of
from f1_api.http.responses import Serving
from f1_api.metrics import Metrics
from f1_api.postgres.pool import Pool, Snapshot
from f1_api.postgres.schema_check import SchemaCheck
from f1_api.postgres.watch import Watcher
from f1_api.settings import ApiSettings
from f1_core.metrics.build_info import show_build
from f1_core.metrics.exporter import LedgerCollector
from f1_core.postgres import database
from f1_core.settings import DatabaseSettings

if TYPE_CHECKING:
    from sqlalchemy import Engine


class Service:
    """Connections, cache, keys, limits and metrics of one process.

    Attributes:
        engine: of SQLAlchemy, for code of f1_core such as the check of the schema.
        schema: checks the version of the schema.
    """

    def __init__(self, settings: ApiSettings, database_settings: DatabaseSettings) -> None:
        url = database_settings.url.get_secret_value()
        self.settings = settings
        self.pool = Pool(
            url,
            size=settings.pool_size,
            wait_s=settings.pool_wait_s,
            statement_timeout_s=settings.statement_timeout_s,
        )
        self.engine: Engine = database.connect(
            database_settings.model_copy(update={"pool_size": 1, "statement_timeout_s": 5}),
            "f1-api",
        )
        self._builds = threading.BoundedSemaphore(settings.datasets_at_once)
        self.schema = SchemaCheck(self.engine)
        self.cache = AnswerCache(int(settings.cache_mb * 1024 * 1024))
        mode = settings.keys_used
        own = settings.operator_key
        configured = read_key(own.get_secret_value()) if own else None
        required = mode == "required"
        self.keys = None if mode == "off" else KeyRing(required=required, configured=configured)
        self.quotas = Quotas(Counts(self.pool), wait_s=settings.pool_wait_s)
        self.watcher = Watcher(url, self.cache, self.keys.load if self.keys else None)
        self.metrics = Metrics(self.cache)
        show_build("f1-api", self.metrics.registry)
        self.ledger = LedgerCollector(self.engine)
        self.ledger.register(self.metrics.registry)
        times = Times(
            settings.max_age_s,
            settings.shared_max_age_s,
            settings.stale_while_revalidate_s,
            settings.stale_if_error_s,
        )
        self.serving = Serving(
            self.cache,
            # A shared cache must not serve data that needs a key.
            Freshness(times, public=mode != "required"),
            build_key=hashlib.sha256(settings.build.encode()).digest(),
            vary=b"Accept, Accept-Encoding"
            + (b", X-API-Key, Authorization" if mode != "off" else b""),
        )

    @contextlib.contextmanager
    def building(self, since: float) -> Iterator[None]:
        """Build a large answer; memory has room for a few at once.

        Args:
            since: when the wait for it began, by `time.perf_counter`.

        Raises:
            Unavailable: other answers are built, and did not end in time.
        """
        left = self.settings.pool_wait_s - (time.perf_counter() - since)
        if not self._builds.acquire(timeout=max(0.0, left)):
            raise Unavailable(
                "other datasets are being built: try again in a moment", retry_after_s=2
            )
        try:
            yield
        finally:
            self._builds.release()

    def start(self) -> None:
        """Start the watcher."""
        self.watcher.start()

    def stop(self) -> None:
        """Stop the watcher and close the connections."""
        self.watcher.stop()
        self.pool.close()
        self.engine.dispose()


def service_of(request: Request) -> Service:
    """The service of the request's application."""
    return cast("Service", request.app.state.service)


def snapshot_for(request: Request) -> AbstractContextManager[Snapshot]:
    """A snapshot for a request, as :meth:`Pool.snapshot`."""
    return service_of(request).pool.snapshot(since=exchange_of(request).started)
