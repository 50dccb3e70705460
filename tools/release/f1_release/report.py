"""Progress, one line a step, on standard error."""

import sys
import time


def step(text: str) -> None:
    """Print the step that starts."""
    print(f"{time.strftime('%H:%M:%S')}  {text}", file=sys.stderr, flush=True)  # noqa: T201
