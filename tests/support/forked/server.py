"""A process that imports a program's module, and forks for each request.

`process.py` runs it as `python -P server.py MODULE DESCRIPTOR`, with the descriptor of a socket to
the tests. Each message has three descriptors: stdout, stderr and a connection, on which the fork
receives a :class:`Request` and sends its process id, and on which this process sends the exit code
of the fork. This process ends when the socket is closed.
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
    """Import the module, and serve; a fork returns from serving, and runs the program."""
    gc.disable()
    importlib.import_module(module)
    gc.freeze()  # objects that forks share need no collection
    interrupted = signal.signal(signal.SIGINT, signal.SIG_IGN)  # only the tests handle Ctrl-C
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
    """Fork for each message; returns the connection in a fork, and None after the last message."""
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
    with suppress(OSError), ended.connection:  # the test may have closed it
        ended.connection.send(code)


def _leave(selector: selectors.BaseSelector) -> None:
    """Close the server's descriptors in the fork."""
    for key in selector.get_map().values():
        if isinstance(key.fileobj, socket.socket):
            key.fileobj.close()
        else:
            os.close(key.fd)
            key.data.connection.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
