"""The start of a program, in which a signal ends it without a traceback.

Imports take most of a program's first second, and Ctrl-C would print a traceback from there. So the
entry points import only this module, which handles signals before it imports the rest. A program
that has work to finish replaces the handlers when it runs.
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
    afterwards. A signal that is ignored, as by nohup, stays ignored.
    """
    _handle_signals(_end_at_once)
    # Imported objects stay: searching them for garbage would take a tenth of the import time.
    gc.disable()
    main = importlib.import_module(module).main
    gc.freeze()
    gc.enable()
    _handle_signals(_end)
    main()


def _handle_signals(handler: "signal._HANDLER") -> None:
    for number in _SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handler)


def _end_at_once(number: int, _frame: FrameType | None) -> None:
    # An exception could be lost here: imports run callbacks that catch all of them.
    os._exit(128 + number)


def _end(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)
