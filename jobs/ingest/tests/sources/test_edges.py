"""Pages of the stand-in that repeat a row and lack another: all are found, with few requests."""

from collections import Counter
from collections.abc import Callable
from subprocess import CompletedProcess

import msgspec

from f1_core.capture import Capture
from f1_devkit.servers.jolpica.edges import PageEdges
from f1_devkit.servers.jolpica.server import JolpicaServer

Ingest = Callable[..., CompletedProcess[str]]
Captures = Callable[..., list[Capture]]


def test_rows_lost_at_page_edges_are_fetched_by_other_requests(
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
    assert "could not be fetched" not in ran.stderr
    broken = extra = 0
    for captured in captures("laps"):
        assert set(laps_in(captured)) == laps_served(source, captured.header.round or 0)
        lost = captured.header.edge_requests
        plain = captured.pages[: len(captured.pages) - lost]
        rows = sum(laps_in(Capture(captured.header, plain)).values())
        assert rows == captured.header.total, "pages are full: a repeated row replaces a lost one"
        broken += rows - len(laps_in(Capture(captured.header, plain)))
        extra += lost
        assert captured.header.requests == len(captured.pages)
    assert broken >= 6
    assert extra <= broken
    print(f"{broken} rows lost, {extra} requests more")  # noqa: T201


def test_an_incomplete_reading_is_captured(
    ingest: Ingest, source: JolpicaServer, captures: Captures
) -> None:
    """Every response lacks a row: after bounded attempts, the worker can quarantine it."""
    source.edges = PageEdges(rate=1.0)
    ran = ingest(
        *("round", "--season", 2024, "--round", 1, "--resources", "laps"),
        F1_JOLPICA_URL=source.url,
        F1_INGEST_EDGE_REQUESTS=2,
    )
    assert ran.returncode == 0
    (laps,) = captures("laps")
    assert laps.header.edge_requests == 2


def report_total(source: JolpicaServer, more: int) -> int:
    """Let the source report a total of `more` laps than the first round has; return that total."""
    total = len(source.dataset.weekend(2024, 1).laps)
    answer = source._valid

    def respond(*request: object) -> object:
        status, headers, body = answer(*request)  # type: ignore[arg-type]
        wrong = f'"total":"{total + more}"'.encode()
        return status, headers, body.replace(f'"total":"{total}"'.encode(), wrong)

    source._valid = respond  # type: ignore[assignment]
    return total + more


def test_a_total_that_pages_do_not_reach_costs_a_bounded_number_of_requests(
    ingest: Ingest, source: JolpicaServer, captures: Captures
) -> None:
    """The total is one more than the number of rows on all pages."""
    reported = report_total(source, 1)
    ran = ingest(
        *("round", "--season", 2024, "--round", 1, "--resources", "laps"),
        F1_JOLPICA_URL=source.url,
    )
    assert ran.returncode == 0
    (laps,) = captures("laps")
    assert laps.header.total == reported
    assert laps.header.edge_requests == 24
    assert '"missing": 1' in ran.stderr
    assert msgspec.json.decode(laps.pages[0].content)["MRData"]["total"] == str(reported)


def test_more_rows_than_the_total_are_not_captured(
    ingest: Ingest, source: JolpicaServer, captures: Captures
) -> None:
    """The source changed during the reading, which is repeated a bounded number of times."""
    reported = report_total(source, -1)
    ran = ingest(
        *("round", "--season", 2024, "--round", 1, "--resources", "laps"),
        F1_JOLPICA_URL=source.url,
        F1_INGEST_RESTARTS=2,
    )
    assert ran.returncode == 3
    assert f"a total of {reported} rows, but {reported + 1} found" in ran.stderr
    assert captures("laps") == []
    readings = [request for request in source.log if "laps" in request.url]
    assert len(readings) == 3 * -(-(reported + 1) // 100)
