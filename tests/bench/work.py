"""Who was at work while something was measured: what limits it."""

import resource
from contextlib import closing

import psycopg2

from f1_local.postgres import Postgres


def postgres_s(postgres: Postgres, database: str) -> float:
    """Seconds that sessions of a database spent executing statements so far, COPY included.

    From pg_stat_database, to which a session reports when it ends, or about once a second.
    """
    url = postgres.url().replace("+psycopg2", "")
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT active_time / 1000 FROM pg_stat_database WHERE datname = %s", (database,)
        )
        found = cursor.fetchone()
    assert found is not None
    return float(found[0])


def children_cpu_s() -> float:
    """Seconds that processes which this one started, and which have ended, had a processor."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
