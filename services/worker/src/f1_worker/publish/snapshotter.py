"""A thread beside the loop that updates the Parquet files in S3 when tables change."""

import threading
import time

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from f1_core.errors import F1Error
from f1_core.program.supervision import Supervised
from f1_core.store.rawstore import RawStore
from f1_worker.metrics import SNAPSHOTS_BEHIND, SNAPSHOTS_BEHIND_SINCE
from f1_worker.publish import snapshot

log = structlog.get_logger()

_CHECKS = 4
"""Number of checks within `snapshot_quiet_s`."""
_CHECK_ANYWAY = 40
"""Number of checks after which everything is compared again, even if nothing was processed."""


class Snapshotter(Supervised):
    """Writes seasons that have been quiet for `quiet_s` seconds and differ from their files.
    Failures are retried at the next check; processing does not wait for them.
    """

    def __init__(
        self, engine: Engine, store: RawStore, quiet_s: float, stop: threading.Event
    ) -> None:
        super().__init__("snapshotter", self.keep_checking, stop)
        self._engine = engine
        self._store = store
        self._quiet_s = quiet_s
        self._stopping = stop
        self._seen: object = None
        self._behind_since = 0.0

    def keep_checking(self) -> None:
        """Check until stopped."""
        checks = 0
        while not self._stopping.wait(self._quiet_s / _CHECKS):
            checks += 1
            if checks % _CHECK_ANYWAY == 0:
                self._seen = None
            try:
                self.check()
            except (F1Error, SQLAlchemyError) as error:
                self._seen = None
                log.warning("no snapshot", error=str(getattr(error, "orig", error)).strip())

    def check(self) -> int:
        """Write seasons that are due; returns the number of seasons whose files still differ."""
        state = snapshot.moved(self._engine)
        if state == self._seen:
            return 0
        behind = snapshot.behind(self._engine, self._quiet_s)
        left = len(behind)
        self._show(left)  # before writing, which S3 may refuse
        for season, due in behind:
            if self._stopping.is_set():
                return 0
            done = snapshot.write(self._engine, self._store, season) if due else None
            if done is not None:
                left -= 1
                self._show(left)
                log.info("snapshot", season=season, **done)
        self._seen = None if left else state
        return left

    def _show(self, behind: int) -> None:
        if not behind:
            self._behind_since = 0.0
        elif not self._behind_since:
            self._behind_since = time.time()
        SNAPSHOTS_BEHIND.set(behind)
        SNAPSHOTS_BEHIND_SINCE.set(self._behind_since)
