"""The time that one caller waits for an answer, with an aim in milliseconds."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from measured.load import Load, load
from measured.report import Figure
from measured.serving import api, constant, get
from measured.stored import DATABASE, Stored
from measured.work import ApiWork


class Served(NamedTuple):
    """The API at one port, and the constant body at another."""

    stored: Stored
    api_port: int
    constant_port: int

    def waited(self, name: str, paths: Sequence[str], aim_ms: float, *headers: str) -> Figure:
        """One connection requests `paths` in turn, then a constant body of the same size."""
        named = dict(header.split(": ", 1) for header in headers)
        size = sum(get(self.api_port, path, named).sent for path in paths) // len(paths)
        before = self._work()
        measured = load(self.api_port, paths, connections=1, seconds=2, headers=headers)
        cost = self._work().since(before)
        reference = load(self.constant_port, [f"/{size}"], connections=1, seconds=1)
        return Figure(
            f"{name} ({size / 1000:.1f} kB), p50/p95/p99",
            _percentiles(measured),
            "the aim at p99",
            f"{aim_ms:g} ms",
            measured.p99_ms / aim_ms,
            1.0,
            at_most=True,
            limit=f"a constant body of the same size: {_percentiles(reference)}; {cost}",
        )

    def _work(self) -> ApiWork:
        return ApiWork.of(self.api_port, self.stored.postgres, DATABASE)


@contextmanager
def served(stored: Stored, cache_mb: int) -> Iterator[Served]:
    """Both servers, on the stored data; `cache_mb` is F1_API_CACHE_MB."""
    settings = {**stored.environment, "F1_API_CACHE_MB": str(cache_mb)}
    with api(stored.folder, settings) as api_port, constant(stored.folder) as constant_port:
        yield Served(stored, api_port, constant_port)


def _percentiles(measured: Load) -> str:
    return f"{measured.p50_ms:.1f}/{measured.p95_ms:.1f}/{measured.p99_ms:.1f} ms"
