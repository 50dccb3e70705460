"""Programs and servers that are started and stopped, also by `with`."""

from abc import ABC, abstractmethod
from typing import Self


class Startable(ABC):
    """A program or server; as a context it runs until the end of the block."""

    @abstractmethod
    def start(self) -> None:
        """Start it."""

    @abstractmethod
    def stop(self) -> object:
        """Stop it."""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
