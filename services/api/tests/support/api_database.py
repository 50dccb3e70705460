"""Writes a database row by row, as the worker does."""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from f1_core.postgres import ledger

FETCHED = datetime(2024, 6, 1, 12, 0, tzinfo=UTC)


class Database:
    """Writes rows as the worker does, and announces them."""

    def __init__(self, engine: sa.Engine, order: int = 0) -> None:
        self.engine = engine
        self._order = order

    def execute(self, statement: str, **parameters: Any) -> None:
        with self.engine.begin() as connection:
            connection.execute(sa.text(statement), parameters)

    def insert(self, table: sa.Table, *rows: dict[str, Any]) -> None:
        with self.engine.begin() as connection:
            connection.execute(table.insert(), list(rows))

    def notify(self) -> None:
        """Send the worker's notification after a commit."""
        self.execute("NOTIFY f1_processed")

    def capture(
        self,
        resource: str,
        *,
        season: int = 2024,
        round: int | None = None,  # noqa: A002
        state: str = "processed",
        reason: str | None = None,
        requests: int = 1,
    ) -> str:
        """Add a capture to the ledger; returns its key."""
        self._order += 1
        name = f"{season}-{round or 0:02d}-{resource}-{self._order:012d}"
        key = f"raw/2024-06-01/synthetic/20240601T120000Z-{name}.json"
        self.insert(
            ledger.captures,
            {
                "capture_key": key,
                "source": "synthetic",
                "resource": resource,
                "season": season,
                "round": round,
                "capture_order": self._order,
                "fetched_at": FETCHED,
                "state": state,
                "reason": reason,
                "requests": requests,
            },
        )
        return key

    def slice(
        self,
        resource: str,
        race_id: str,
        rows: int,
        *,
        session: str = "race",
        round: int | None = None,  # noqa: A002
        expected: int | None = None,
        lines: str = "",
    ) -> str:
        """Add an applied capture of a resource with `rows` rows; returns its key."""
        season = int(race_id[:4])
        key = self.capture(resource, season=season, round=round)
        shared = {
            "season": season,
            "race_id": race_id if round else "",
            "session": session,
            "resource": resource,
            "capture_key": key,
            "source": "synthetic",
            "capture_order": self._order,
            "fetched_at": FETCHED,
            "rows": rows,
            "content_hash": hashlib.sha256(lines.encode()).digest(),
        }
        self.insert(
            ledger.slice_captures,
            {**shared, "lines": lines, "state": "processed", "applied": key},
        )
        self.insert(
            ledger.slices,
            {**shared, "seen_at": FETCHED, "expected": expected, "parser_version": 1},
        )
        return key

    def content(
        self,
        resource: str,
        race_id: str,
        round: int,  # noqa: A002
        lines: str,
        *,
        replaced: str | None = None,
        state: str = "processed",
        reason: str | None = None,
    ) -> str:
        """Add a capture with `lines`, which replaced the capture `replaced`; returns its key."""
        season = int(race_id[:4])
        key = self.capture(resource, season=season, round=round, state=state, reason=reason)
        if replaced:
            self.execute(
                "UPDATE slice_captures SET state = 'superseded' WHERE capture_key = :key",
                key=replaced,
            )
        self.insert(
            ledger.slice_captures,
            {
                "season": season,
                "race_id": race_id if round else "",
                "session": "race",
                "resource": resource,
                "capture_key": key,
                "source": "synthetic",
                "capture_order": self._order,
                "fetched_at": FETCHED,
                "rows": lines.count("\n") + bool(lines),
                "content_hash": hashlib.sha256(lines.encode()).digest(),
                "lines": lines,
                "state": state,
                "reason": reason,
                "applied": key if state == "processed" else None,
                "replaced": replaced,
            },
        )
        return key

    def apply(self, resource: str, race_id: str, capture: str) -> None:
        """Set the applied capture of a resource."""
        self.execute(
            "INSERT INTO slices (season, race_id, session, resource, capture_key, source,"
            " capture_order, fetched_at, seen_at, rows, content_hash, parser_version)"
            " SELECT season, race_id, session, resource, capture_key, source, capture_order,"
            " fetched_at, fetched_at, rows, content_hash, 2 FROM slice_captures"
            " WHERE resource = :resource AND race_id = :race_id AND capture_key = :capture",
            resource=resource,
            race_id=race_id,
            capture=capture,
        )

    def pages(self, capture: str, pages: list[dict[str, Any]]) -> None:
        """Set the pages of a capture."""
        self.execute(
            "UPDATE captures SET pages = CAST(:pages AS jsonb) WHERE capture_key = :key",
            pages=json.dumps(pages),
            key=capture,
        )
