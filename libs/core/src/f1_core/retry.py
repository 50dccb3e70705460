"""Attempts at what may pass, and the pauses between them."""

import random
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

import structlog

log = structlog.get_logger()
Result = TypeVar("Result")


def backoff(first_s: float, longest_s: float, *, jitter: float = 0.0) -> Iterator[float]:
    """Pauses in seconds without end, which double up to `longest_s`.

    Args:
        jitter: the share of a pause that is left to chance, so that processes spread.
    """
    pause_s = first_s
    while True:
        yield pause_s * random.uniform(1 - jitter, 1)  # noqa: S311 - not a secret
        pause_s = min(2 * pause_s, longest_s)


def retry(
    work: Callable[[], Result],
    message: str,
    *,
    passes: Callable[[Exception], bool],
    patience_s: float,
    pauses: Iterator[float],
    wait: Callable[[float], object] = time.sleep,
) -> Result:
    """Do `work`, again as long as its error may pass.

    Args:
        message: of the log event of an error that may pass.
        patience_s: after this time, the next error counts.
        wait: pauses; may raise.

    Raises:
        Exception: of `work`: one that does not pass, or the last one.
    """
    ends = time.monotonic() + patience_s
    while True:
        try:
            return work()
        except Exception as error:
            pause_s = next(pauses)
            if not passes(error) or time.monotonic() + pause_s > ends:
                raise
            reason = str(getattr(error, "orig", error)).strip()
            log.warning(message, error=reason, again_in_s=round(pause_s, 2))
        wait(pause_s)
