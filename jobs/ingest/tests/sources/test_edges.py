"""Pages of the stand-in that repeat a row and lack another: exact rows, and few requests more."""

from collections import Counter
from collections.abc import Callable
from subprocess import CompletedProcess

import msgspec

from f1_core.capture import Capture
from f1_devkit.servers.jolpica.edges import PageEdges
from f1_devkit.servers.jolpica.server import JolpicaServer

Ingest = Callable[..., CompletedProcess[str]]
Captures = Callable[..., list[Capture]]


def test_rows_lost_at_page_edges_are_fetched_by_another_way(
    ingest: Ingest,
    source: JolpicaServer,
    captures: Captures,
    laps_in: Callable[..., Counter[object]],
    laps_served: Callable[..., set[object]],
) -> None:
    """A third of all pages lack a row."""
    source.edges = PageEdges(rate=0.34, seed=5)
    ran = ingest(
        *("backfill", "--season", 2024, "--rounds", "1-3", "--resources", "laps,pitstops"),
        F1_JOLPICA_URL=source.url,
    )
    assert ran.returncode == 0
    assert "could not be had" not in ran.stderr
    broken = extra = 0
    for captured in captures("laps"):
        assert set(laps_in(captured)) == laps_served(source, captured.header.round or 0)
        lost = captured.header.edge_requests
        plain = captured.pages[: len(captured.pages) - lost]
        rows = sum(laps_in(Capture(captured.header, plain)).values())
        assert rows == captured.header.total, "pages are full: what comes twice stands for a loss"
        broken += rows - len(laps_in(Capture(captured.header, plain)))
        extra += lost
        assert captured.header.requests == len(captured.pages)
    assert broken >= 6
    assert extra <= broken
    print(f"{broken} rows lost, {extra} requests more")  # noqa: T201


def test_what_cannot_be_had_is_captured_as_it_is(
    ingest: Ingest, source: JolpicaServer, captures: Captures
) -> None:
    """Every answer lacks a row: after bounded tries, the worker is left to quarantine it."""
    source.edges = PageEdges(rate=1.0)
    ran = ingest(
        *("round", "--season", 2024, "--round", 1, "--resources", "laps"),
        F1_JOLPICA_URL=source.url,
        F1_INGEST_EDGE_REQUESTS=2,
    )
    assert ran.returncode == 0
    (laps,) = captures("laps")
    assert laps.header.edge_requests == 2


def promise_of_laps(source: JolpicaServer, more: int) -> int:
    """Let the source promise `more` laps of the first round than it has; returns that promise."""
    total = len(source.dataset.weekend(2024, 1).laps)
    answer = source._right

    def respond(*request: object) -> object:
        status, headers, body = answer(*request)  # type: ignore[arg-type]
        promise = f'"total":"{total + more}"'.encode()
        return status, headers, body.replace(f'"total":"{total}"'.encode(), promise)

    source._right = respond  # type: ignore[assignment]
    return total + more


def test_a_promise_that_no_page_keeps_costs_a_bounded_number_of_requests(
    ingest: Ingest, source: JolpicaServer, captures: Captures
) -> None:
    """The source counts one row more than it ever shows."""
    promised = promise_of_laps(source, 1)
    ran = ingest(
        *("round", "--season", 2024, "--round", 1, "--resources", "laps"),
        F1_JOLPICA_URL=source.url,
    )
    assert ran.returncode == 0
    (laps,) = captures("laps")
    assert laps.header.total == promised
    assert laps.header.edge_requests == 24
    assert '"missing": 1' in ran.stderr
    assert msgspec.json.decode(laps.pages[0].content)["MRData"]["total"] == str(promised)


def test_more_rows_than_promised_are_not_captured(
    ingest: Ingest, source: JolpicaServer, captures: Captures
) -> None:
    """The source changed while it was read: each reading starts anew, a bounded number of times."""
    promised = promise_of_laps(source, -1)
    ran = ingest(
        *("round", "--season", 2024, "--round", 1, "--resources", "laps"),
        F1_JOLPICA_URL=source.url,
        F1_INGEST_RESTARTS=2,
    )
    assert ran.returncode == 3
    assert f"{promised} rows promised, {promised + 1} found" in ran.stderr
    assert captures("laps") == []
    readings = [request for request in source.log if "laps" in request.url]
    assert len(readings) == 3 * -(-(promised + 1) // 100)
