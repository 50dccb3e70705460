"""Retries after temporary errors, and the pauses between them."""

import random
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

import structlog

log = structlog.get_logger()
Result = TypeVar("Result")


def backoff(first_s: float, longest_s: float, *, jitter: float = 0.0) -> Iterator[float]:
    """Endless pauses in seconds, which double up to `longest_s`.

    Args:
        jitter: the random share of a pause, which spreads processes.
    """
    pause_s = first_s
    while True:
        yield pause_s * random.uniform(1 - jitter, 1)  # noqa: S311 - not a secret
        pause_s = min(2 * pause_s, longest_s)


def retry(
    work: Callable[[], Result],
    message: str,
    *,
    is_temporary: Callable[[Exception], bool],
    patience_s: float,
    pauses: Iterator[float],
    wait: Callable[[float], object] = time.sleep,
) -> Result:
    """Run `work`; repeat it while its error is temporary.

    Args:
        message: of the log event of a temporary error.
        patience_s: after this time, the next error is raised.
        wait: pauses; may raise.

    Raises:
        Exception: of `work`: a permanent one, or the last one.
    """
    ends = time.monotonic() + patience_s
    while True:
        try:
            return work()
        except Exception as error:
            pause_s = next(pauses)
            if not is_temporary(error) or time.monotonic() + pause_s > ends:
                raise
            reason = str(getattr(error, "orig", error)).strip()
            log.warning(message, error=reason, again_in_s=round(pause_s, 2))
        wait(pause_s)
