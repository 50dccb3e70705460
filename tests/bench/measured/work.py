"""Processor time of the programs during a measurement, which shows the limit."""

import re
import resource
from contextlib import closing
from typing import NamedTuple, Self

import psycopg2

from f1_devkit.servers.postgres import Postgres
from measured.serving import get, metrics_port


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
    """Processor seconds of ended child processes."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


_COUNTED = re.compile(r"^http_requests_total\{.*\} (\S+)$", re.MULTILINE)
_CPU = re.compile(r"^process_cpu_seconds_total (\S+)$", re.MULTILINE)


class ApiWork(NamedTuple):
    """Work of an API so far: answers, seconds of Postgres' statements, and processor seconds."""

    answers: float
    postgres_s: float
    cpu_s: float

    @classmethod
    def of(cls, port: int, postgres: Postgres, database: str) -> Self:
        """The work of the API at this port, the only user of its database."""
        metrics = get(metrics_port(port), "/metrics").body.decode()
        answered = sum(float(number) for number in _COUNTED.findall(metrics))
        [cpu_s] = _CPU.findall(metrics)
        return cls(answered, postgres_s(postgres, database), float(cpu_s))

    def since(self, before: Self) -> str:
        """The cost of an answer since then."""
        number = self.answers - before.answers
        cpu_ms = 1000 * (self.cpu_s - before.cpu_s) / number
        postgres_ms = 1000 * (self.postgres_s - before.postgres_s) / number
        return (
            f"an answer costs {cpu_ms:.3f} ms of the API's one processor,"
            f" and {postgres_ms:.3f} ms of statements in Postgres"
        )
