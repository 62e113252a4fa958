"""A wire between browser and server that a test can make slow and cut."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

CHUNK = 64 * 1024


class Wire:
    """Listens on a port of its own and passes everything on to the server's.

    speed : bytes a second from the browser to the server, over all connections.
    """

    def __init__(self, port: int, speed: float) -> None:
        self.speed = speed
        self._to = port
        self._whole = True
        self._ends: set[socket.socket] = set()
        self._turn = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._listen, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def cut(self) -> None:
        """End every connection, and every new one at once."""
        self._whole = False
        for end in list(self._ends):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        """Let new connections through."""
        self._whole = True

    def close(self) -> None:
        self.cut()
        self._listener.close()

    def _listen(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            if not self._whole:
                near.close()
                continue
            try:
                far = socket.create_connection(("127.0.0.1", self._to), timeout=60)
            except OSError:
                near.close()
                continue
            self._ends |= {near, far}
            for source, target, slow in ((near, far, True), (far, near, False)):
                threading.Thread(
                    target=self._carry, args=(source, target, slow), daemon=True
                ).start()

    def _carry(self, source: socket.socket, target: socket.socket, slow: bool) -> None:
        with suppress(OSError):
            while data := source.recv(CHUNK):
                if slow:
                    with self._turn:
                        time.sleep(len(data) / self.speed)
                target.sendall(data)
        for end in (source, target):
            self._ends.discard(end)
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


@contextmanager
def wired(port: int, speed: float) -> Iterator[Wire]:
    """A wire to the server on this port, for as long as the block lasts."""
    wire = Wire(port, speed)
    try:
        yield wire
    finally:
        wire.close()
