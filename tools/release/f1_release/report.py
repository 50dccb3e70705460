"""Progress, one line a step, on standard error."""

import sys
import time


def step(text: str) -> None:
    """Print what begins now."""
    print(f"{time.strftime('%H:%M:%S')}  {text}", file=sys.stderr, flush=True)  # noqa: T201
