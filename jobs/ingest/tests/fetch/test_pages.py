"""All pages of one capture: what is reserved for them, how large they may be, and one total."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import httpx
import msgspec
import pytest

from f1_ingest.calendar import ScheduledRace
from f1_ingest.errors import IngestFailed, TotalChanged
from f1_ingest.fetch import pages
from f1_ingest.fetch.http import Fetcher, open_client
from f1_ingest.fetch.pages import Reading
from f1_ingest.ratelimit.budget import Reservation
from f1_ingest.settings import HttpSettings
from f1_ingest.signals import Stop
from f1_ingest.sources.jolpica import Jolpica
from f1_ingest.sources.protocol import Target

RACE = ScheduledRace("2024-monaco", 2024, 8, "Monaco Grand Prix", "monaco", date(2024, 5, 26))
LAPS = Target("laps", 2024, RACE)
ROWS = 250


def page(offset: int, total: int = ROWS) -> bytes:
    """A response of the source: 100 rows of one lap, from `offset`."""
    timings = [{"driverId": f"d{n:03}"} for n in range(offset, min(offset + 100, ROWS))]
    race = {"season": "2024", "round": "8", "Laps": [{"number": "1", "Timings": timings}]}
    table = {"season": "2024", "round": "8", "Races": [race]}
    head = {"limit": "100", "offset": str(offset), "total": str(total)}
    return msgspec.json.encode({"MRData": {**head, "RaceTable": table}})


def read(
    serve: Callable[[int], bytes] = page,
    reservation: Reservation | None = None,
    max_edge_requests: int = 0,
) -> tuple[Reading, list[int]]:
    """The laps, and how many requests were reserved before each."""
    reserved: list[int] = []

    def handle(request: httpx.Request) -> httpx.Response:
        reserved.append(reservation.remaining if reservation else 0)
        return httpx.Response(200, content=serve(int(request.url.params["offset"])))

    settings = HttpSettings.model_validate({})
    fetcher = Fetcher(
        client=open_client(settings, "0", httpx.MockTransport(handle)),
        settings=settings,
        stop=Stop(),
        budget=None,
        patience_s=1,
        now=lambda: datetime.now(UTC),
    )
    with fetcher.client:
        source = Jolpica("https://api.example/ergast/f1")
        reading = pages.read(
            source, LAPS, fetcher, reservation, attempt=0, max_edge_requests=max_edge_requests
        )
    return reading, reserved


def test_each_page_is_fetched_once_and_the_pages_to_come_are_reserved() -> None:
    reservation = Reservation(None, "a")  # type: ignore[arg-type] # nothing is spent here
    reading, reserved = read(reservation=reservation)
    assert [one.content for one in reading.pages] == [page(0), page(100), page(200)]
    assert (reading.rows, reading.total, reading.missing, reading.edge_requests) == (250, 250, 0, 0)
    assert reserved == [0, 2, 1], "the total on the first page gives the number of the others"


def test_all_pages_of_a_capture_together_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    size = sum(len(page(offset)) for offset in (0, 100, 200))
    monkeypatch.setattr(pages, "MAX_BYTES", size)
    assert len(read()[0].pages) == 3
    monkeypatch.setattr(pages, "MAX_BYTES", size - 1)
    with pytest.raises(IngestFailed, match=f"is larger than {(size - 1) / 2**20:g} MB"):
        read()


@pytest.mark.parametrize("changed", [100, 200])
def test_a_total_that_changes_between_two_pages_ends_the_reading(changed: int) -> None:
    with pytest.raises(TotalChanged, match="250 rows, then 251"):
        read(lambda offset: page(offset, ROWS + (offset == changed)))


def test_rows_that_no_page_has_are_missing() -> None:
    """The total is greater than the number of rows, and no further request is allowed."""
    reading, _ = read(lambda offset: page(offset, ROWS + 2))
    assert (reading.rows, reading.total, reading.missing) == (250, 252, 2)


@pytest.mark.parametrize("more", [0, 1])
def test_more_rows_than_the_total_end_the_reading(more: int) -> None:
    """On the pages, or on a page that is requested for a row that is missing on them."""

    def serve(offset: int) -> bytes:
        found = page(offset, ROWS - 1 + 2 * more)
        return found if offset % 100 == 0 else found.replace(b'"d2', b'"x2')

    with pytest.raises(TotalChanged, match=f"a total of {ROWS - 1 + 2 * more} rows, but "):
        read(serve, max_edge_requests=more)
