"""How a program begins: a signal that comes early ends it without a traceback.

Importing takes most of a program's first second, and Ctrl-C in it would print where. So the entry
points import nothing but this module, which has the signals before it imports the rest. A program
that has something to finish takes them over once it runs.
"""

import gc
import importlib
import os
import signal
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def start(module: str) -> None:
    """Import a module and call its `main`.

    SIGINT and SIGTERM end the process with 130 and 143: at once while it imports, and by SystemExit
    afterwards. One that is ignored, as nohup does with SIGINT, stays so.
    """
    _listen(_end_at_once)
    # What is imported stays: to look for garbage in it would take a tenth of the time to import.
    gc.disable()
    main = importlib.import_module(module).main
    gc.freeze()
    gc.enable()
    _listen(_end)
    main()


def _listen(handler: "signal._HANDLER") -> None:
    for number in _SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handler)


def _end_at_once(number: int, _frame: FrameType | None) -> None:
    # An exception could be lost here: importing runs callbacks that swallow all of them.
    os._exit(128 + number)


def _end(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)
