"""A vendor that takes every connection and every request, and never answers."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread


class Silent:
    def __init__(self) -> None:
        self.taken: list[socket.socket] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        Thread(target=self._take, daemon=True).start()

    def _take(self) -> None:
        while True:
            try:
                self.taken.append(self._socket.accept()[0])
            except OSError:
                return

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for one in self.taken:
            one.close()


@contextmanager
def silent_vendor() -> Iterator[Silent]:
    vendor = Silent()
    try:
        yield vendor
    finally:
        vendor.close()
