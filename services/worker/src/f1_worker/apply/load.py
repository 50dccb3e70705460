"""Reads a claimed capture from S3 and parses it, without the database."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from gzip import BadGzipFile

import structlog

from f1_core.capture import ARCHIVE, Capture, Header, PageFacts, Race, decode
from f1_core.errors import BadCapture, F1Error, NotYet, StoreUnavailable
from f1_core.foreign import shown
from f1_core.store.rawstore import RawStore
from f1_worker.apply.resolve import Content
from f1_worker.parse import cells
from f1_worker.parse.schedule import required_date, round_number, season_number
from f1_worker.parse.slices import Parsed, Slice
from f1_worker.queue.claim import Claim

log = structlog.get_logger()

_LARGEST = 32 * 2**20
"""Most bytes of a capture other than an archive; a race's capture has a few hundred thousand."""

MAX_REASON = 4000
"""Most characters of the reason for a quarantine."""

Parse = Callable[[Capture], Parsed]


class Missing(F1Error):
    """The ledger has a capture that is not in S3."""


@dataclass(frozen=True)
class Loaded:
    """A capture in memory.

    Attributes:
        header, pages: None if the object cannot be read; the pages as the ledger stores them.
        parsed: None if it cannot be read, with the reason in `error`.
        contents: its slices; empty for an archive, whose slices are made one by one.
        seconds: duration of reading and parsing.
    """

    header: Header | None
    pages: list[PageFacts] | None
    parsed: Parsed | None
    contents: list[Content]
    error: str | None
    seconds: float


def load(store: RawStore, claim: Claim, parse: Parse) -> Loaded:
    """Read and parse a capture. If it cannot be parsed, the result has the reason.

    Raises:
        StoreUnavailable: S3 did not answer.
        Missing: the object does not exist.
    """
    start = time.perf_counter()
    header: Header | None = None
    pages: list[PageFacts] | None = None
    parsed: Parsed | None = None
    contents: list[Content] = []
    error: str | None = None
    try:
        capture = decode(_get(store, claim))
        header, pages = capture.header, capture.page_facts()
        _check_key(claim, capture)
        _check_race(capture.header.race)
        parsed = parse(capture)
        if claim.resource != ARCHIVE:
            contents = [Content.of(piece) for piece in parsed.slices]
            _check_season(claim, contents)
    except (StoreUnavailable, Missing):
        raise
    except Exception as bad:  # noqa: BLE001 - the next attempt would fail in the same way
        parsed, contents, error = None, [], shown(str(as_bad_capture(bad)), MAX_REASON)
    return Loaded(header, pages, parsed, contents, error, time.perf_counter() - start)


def readable(slices: Iterable[Slice]) -> Iterator[Slice]:
    """The slices of an archive, one by one.

    Raises:
        BadCapture: the parser raised an error.
    """
    try:
        yield from slices
    except Exception as bad:
        raise as_bad_capture(bad) from bad


def as_bad_capture(error: Exception) -> BadCapture:
    """A parser's error as the reason for a quarantine without another attempt.

    Raises:
        Exception: the error itself, if another attempt may succeed, since this machine (its memory,
            its disk) and not the capture caused it.
    """
    if isinstance(error, BadCapture):
        return error
    if isinstance(error, OSError | MemoryError | NotYet) and not isinstance(error, BadGzipFile):
        raise error
    log.error("the parser failed", exc_info=error)
    return BadCapture(f"it cannot be read: {type(error).__name__}: {error}")


def _get(store: RawStore, claim: Claim) -> bytes:
    try:
        return store.get(claim.key, at_most=None if claim.resource == ARCHIVE else _LARGEST)
    except KeyError as missing:
        raise Missing(f"there is no object {store.uri(claim.key)}") from missing


def _check_key(claim: Claim, capture: Capture) -> None:
    if capture.key != claim.key:
        raise BadCapture(f"the object's header has another key, {capture.key}")


def _check_race(race: Race | None) -> None:
    if race is not None:
        try:
            cells.circuit_id(race.circuit_id)
            required_date(race.date)
            season_number(str(race.season))
            round_number(str(race.round))
        except cells.Unreadable as error:
            raise BadCapture(f"the header's race has {error}") from error


def _check_season(claim: Claim, contents: list[Content]) -> None:
    if not contents:
        raise BadCapture("the capture names no race and no season")
    for piece, _ in contents:
        if piece.season != claim.season:
            raise BadCapture(f"the capture is of {claim.season} and has rows of {piece.season}")
