"""A process that has imported a program's module, and forks for each process that is asked of it.

Run by `process.py` as `python -P server.py MODULE DESCRIPTOR`, the descriptor of a socket whose
other end the tests have. Each message on it brings three descriptors: stdout, stderr and a
connection, on which the fork receives a :class:`Request` and sends its process id, and this
process sends how the fork ended. At the socket's end this process ends.
"""

import gc
import importlib
import os
import selectors
import signal
import socket
import sys
import time
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import NamedTuple

from f1_core.program.start import start


class Request(NamedTuple):
    """A program to run: its arguments with its name, its environment and its folder."""

    arguments: list[str]
    environment: dict[str, str]
    folder: str


class _Running(NamedTuple):
    pid: int
    connection: Connection


def main(module: str, descriptor: int) -> None:
    """Import, and serve; each fork comes back from that, and is the program to its end."""
    gc.disable()
    importlib.import_module(module)
    gc.freeze()  # forks share these pages until they write to them: they need not look there
    interrupted = signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the tests
    forked = _serve(socket.socket(fileno=descriptor))
    if forked is None:
        return
    signal.signal(signal.SIGINT, interrupted)
    request = Request(*forked.recv())
    os.environ.clear()
    os.environ.update(request.environment)
    time.tzset()
    os.chdir(request.folder)
    sys.argv = request.arguments
    forked.send(os.getpid())
    forked.close()
    start(module)


def _serve(tests: socket.socket) -> Connection | None:
    """Fork for each message; in a fork its connection, and None at the end of the messages."""
    with selectors.DefaultSelector() as selector:
        selector.register(tests, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.data is not None:
                    selector.unregister(key.fileobj)
                    os.close(key.fd)
                    _report(key.data)
                    continue
                message, descriptors, _, _ = socket.recv_fds(tests, 1, 3)
                if not message:
                    return None
                *output, descriptor = descriptors
                connection = Connection(descriptor)
                pid = os.fork()
                if pid == 0:
                    _leave(selector)
                    for number, stream in enumerate(output, 1):
                        os.dup2(stream, number)
                        os.close(stream)
                    return connection
                for stream in output:
                    os.close(stream)
                selector.register(
                    os.pidfd_open(pid), selectors.EVENT_READ, _Running(pid, connection)
                )


def _report(ended: _Running) -> None:
    code = os.waitstatus_to_exitcode(os.waitpid(ended.pid, 0)[1])
    with suppress(OSError), ended.connection:  # who started it may not wait for its end
        ended.connection.send(code)


def _leave(selector: selectors.BaseSelector) -> None:
    """Close what the fork has of the server."""
    for key in selector.get_map().values():
        if isinstance(key.fileobj, socket.socket):
            key.fileobj.close()
        else:
            os.close(key.fd)
            key.data.connection.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
