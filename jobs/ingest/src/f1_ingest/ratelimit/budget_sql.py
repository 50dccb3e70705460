"""The statements of the request budget; all times are Postgres' own, read after the lock.

`budgets` has a row a budget, which is locked while one decides; `budget_requests` one for each
request that counts; `budget_claims` who waits (`.../waiting`) and what half-read captures have
reserved (`.../held`).
"""

from sqlalchemy import text

from f1_core.postgres.queries import query

LOCK = text("SELECT opens_at FROM budgets WHERE source = :budget FOR UPDATE")
OPEN = query(__name__, "open_budget")
# For people who look how much of it is used.
TELL = query(__name__, "note_budget")
PRUNE = (
    text(
        """
        DELETE FROM budget_requests
         WHERE source = :budget AND counts_until <= clock_timestamp()
        """
    ),
    text("DELETE FROM budget_claims WHERE source = :budget AND alive_until <= clock_timestamp()"),
)
# A claim keeps its place in the line however often it asks.
CLAIM = query(__name__, "claim")
UNCLAIM = text("DELETE FROM budget_claims WHERE claim_id = ANY(:claim_ids)")
BEAT = query(__name__, "beat")
# What counts now, what still will in :release_s, and when the next slots come free.
USAGE = query(__name__, "usage")
CLAIMS = query(__name__, "claims")
GRANT = query(__name__, "grant")
# The budget's row is written only when the source begins or ends to answer 429.
DONE = query(__name__, "done")
