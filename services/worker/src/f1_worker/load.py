"""A claimed capture, read from S3 and parsed: all the work that needs no database."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from f1_core.capture import ARCHIVE, Capture, Header, PageFacts, Race, decode
from f1_core.errors import BadCapture, F1Error
from f1_core.foreign import shown
from f1_core.rawstore import RawStore
from f1_worker.claim import Claim
from f1_worker.parse import cells
from f1_worker.parse.schedule import required_date, round_number, season_number
from f1_worker.settle import Content
from f1_worker.slices import Parsed

MAX_REASON = 4000
"""Characters of the reason for a quarantine."""

Parse = Callable[[Capture], Parsed]


class Missing(F1Error):
    """The ledger has a capture that is not in S3."""


@dataclass(frozen=True)
class Loaded:
    """A capture in memory.

    Attributes:
        header, pages: None if the object cannot be read; of the pages, what the ledger keeps.
        parsed: None if it cannot be read, or not as what it says it is; `error` says why.
        contents: its slices, each once; of an archive none, they are made one by one.
        seconds: that it took.
    """

    header: Header | None
    pages: list[PageFacts] | None
    parsed: Parsed | None
    contents: list[Content]
    error: str | None
    seconds: float


def load(store: RawStore, claim: Claim, parse: Parse) -> Loaded:
    """Read and parse a capture. That it cannot be parsed is an outcome, not an error.

    Raises:
        StoreUnavailable: S3 did not answer.
        Missing: the object is not there.
    """
    start = time.perf_counter()
    header: Header | None = None
    pages: list[PageFacts] | None = None
    parsed: Parsed | None = None
    contents: list[Content] = []
    error: str | None = None
    try:
        content = store.get(claim.key)
    except KeyError as missing:
        raise Missing(f"there is no object s3://{store.bucket}/{claim.key}") from missing
    try:
        capture = decode(content)
        header, pages = capture.header, capture.page_facts()
        _check_key(claim, capture)
        _check_race(capture.header.race)
        parsed = parse(capture)
        if claim.resource != ARCHIVE:
            contents = [Content.of(piece) for piece in parsed.slices]
            _check_season(claim, contents)
    except BadCapture as bad:
        # It may quote what Postgres does not take.
        parsed, contents, error = None, [], shown(str(bad), MAX_REASON)
    return Loaded(header, pages, parsed, contents, error, time.perf_counter() - start)


def _check_key(claim: Claim, capture: Capture) -> None:
    if capture.key != claim.key:
        raise BadCapture(f"the object's header belongs to another key, {capture.key}")


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
        raise BadCapture("the capture says nothing of any race or season")
    for piece, _ in contents:
        if piece.season != claim.season:
            raise BadCapture(f"the capture is of {claim.season} and has rows of {piece.season}")
