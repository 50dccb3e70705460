"""A TCP proxy that can drop the packets of its connections without closing them."""

import selectors
import socket
import threading
from typing import Self

from f1_devkit.servers.ports import LOOPBACK


class SilentProxy:
    """Forwards to a port of this machine.

    `silence` breaks every existing connection, like a firewall that lost its state: data is
    dropped, and no end is reported. New connections work.
    """

    def __init__(self, target_port: int) -> None:
        self._target_port = target_port
        self._listener = socket.create_server((LOOPBACK, 0))
        self.port: int = self._listener.getsockname()[1]
        self._generation = 0
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []

    def silence(self) -> None:
        self._generation += 1

    def __enter__(self) -> Self:
        self._listener.settimeout(0.1)
        thread = threading.Thread(target=self._accept, daemon=True)
        thread.start()
        self._threads.append(thread)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()
        self._listener.close()

    def _accept(self) -> None:
        while not self._stop.is_set():
            try:
                client, _ = self._listener.accept()
            except TimeoutError:
                continue
            server = socket.create_connection((LOOPBACK, self._target_port))
            thread = threading.Thread(
                target=self._forward, args=(client, server, self._generation), daemon=True
            )
            thread.start()
            self._threads.append(thread)

    def _forward(self, client: socket.socket, server: socket.socket, generation: int) -> None:
        targets = {client: server, server: client}
        with client, server, selectors.DefaultSelector() as selector:
            for one in targets:
                selector.register(one, selectors.EVENT_READ)
            while not self._stop.is_set():
                for key, _ in selector.select(0.05):
                    source = key.fileobj
                    assert isinstance(source, socket.socket)
                    data = source.recv(65536)
                    if generation != self._generation:
                        continue  # silenced: drop the data, do not forward an end
                    if not data:
                        return
                    targets[source].sendall(data)
                if generation != self._generation:
                    self._stop.wait(0.1)
