"""How long one caller waits for an answer, against an aim in milliseconds."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from measured.load import Load, load
from measured.report import Figure
from measured.serving import api, constant, get
from measured.stored import DATABASE, Stored
from measured.work import ApiWork


class Served(NamedTuple):
    """Our API at a port, and the constant body at another."""

    stored: Stored
    ours: int
    theirs: int

    def waited(self, name: str, paths: Sequence[str], aim_ms: float, *headers: str) -> Figure:
        """One connection asks for `paths` in turn; then for a constant body of the same size."""
        named = dict(header.split(": ", 1) for header in headers)
        size = sum(get(self.ours, path, named).sent for path in paths) // len(paths)
        before = self._work()
        measured = load(self.ours, paths, connections=1, seconds=2, headers=headers)
        cost = self._work().since(before)
        reference = load(self.theirs, [f"/{size}"], connections=1, seconds=1)
        return Figure(
            f"{name} ({size / 1000:.1f} kB), p50/p95/p99",
            _told(measured),
            "the aim at p99",
            f"{aim_ms:g} ms",
            measured.p99_ms / aim_ms,
            1.0,
            at_most=True,
            limit=f"a constant body of the same size: {_told(reference)}; {cost}",
        )

    def _work(self) -> ApiWork:
        return ApiWork.of(self.ours, self.stored.postgres, DATABASE)


@contextmanager
def served(stored: Stored, cache_mb: int) -> Iterator[Served]:
    """Both, on what is stored; `cache_mb` as F1_API_CACHE_MB has it."""
    settings = {**stored.environment, "F1_API_CACHE_MB": str(cache_mb)}
    with api(stored.folder, settings) as ours, constant(stored.folder) as theirs:
        yield Served(stored, ours, theirs)


def _told(measured: Load) -> str:
    return f"{measured.p50_ms:.1f}/{measured.p95_ms:.1f}/{measured.p99_ms:.1f} ms"
