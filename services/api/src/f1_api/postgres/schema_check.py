"""Checks the schema of the database, at most once a second."""

import asyncio
import time

from anyio import CapacityLimiter, to_thread
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from f1_core.errors import SchemaMismatch
from f1_core.postgres.database import check_schema

_GOOD_FOR_S = 1.0


class SchemaCheck:
    """All callers of /readyz, which needs no key, share one query a second."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = asyncio.Lock()
        self._thread = CapacityLimiter(1)  # does not wait for threads of requests
        self._checked_at = float("-inf")
        self._found: tuple[str | None, str] = (None, "")

    async def check(self) -> tuple[str | None, str]:
        """The version of the schema, and its problem or an empty text."""
        async with self._lock:
            if time.monotonic() - self._checked_at >= _GOOD_FOR_S:
                self._found = await to_thread.run_sync(self._query, limiter=self._thread)
                self._checked_at = time.monotonic()
            return self._found

    def _query(self) -> tuple[str | None, str]:
        try:
            with self._engine.connect() as connection:
                return check_schema(connection), ""
        except SchemaMismatch as error:
            return None, str(error)
        except SQLAlchemyError:
            return None, "the database does not respond"
