"""A socket of the loopback interface and the threads that answer on it."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cursus_readiness.objectstore.s3.storage import Storage

_POLL_S = 3600  # it is woken to end


class Listener(socketserver.TCPServer):
    """Accepts connections from ``start`` to ``stop``; each has a thread.

    Not ``http.server.HTTPServer``: that asks the name service who it is, and takes ten times as long to import.
    """

    allow_reuse_address = True
    request_queue_size = 128  # clients that open ten connections at once must not wait for the kernel to try again

    def __init__(self, root: Path, record: Callable[[str, str, str | None, int, int], None]) -> None:
        super().__init__(("127.0.0.1", 0), _handler)
        self.record = record
        self._root = root
        self._storage: Storage | None = None
        self._lock = threading.Lock()
        self._open: dict[Any, threading.Thread] = {}
        self._others: list[tuple[socket.socket, threading.Thread]] = []
        self._is_stopping = False
        self._thread = threading.Thread(target=self.serve_forever, args=(_POLL_S,), name="s3-endpoint", daemon=True)

    def storage(self) -> Storage:
        """What is answered from; there is none before the first connection, as most runs have none."""
        with self._lock:
            if self._storage is None:
                from cursus_readiness.objectstore.s3.storage import Storage

                self._storage = Storage(self._root)
            return self._storage

    def start(self) -> None:
        """Begin to accept."""
        self._thread.start()

    def accept_from(self, listening: socket.socket) -> None:
        """Accept connections from another socket too, which is closed at the end."""
        thread = threading.Thread(target=self._accept, args=(listening,), name="s3-endpoint-secluded", daemon=True)
        self._others.append((listening, thread))
        thread.start()

    def stop(self) -> None:
        """End every connection; when this returns nothing is read or written any more."""
        self._is_stopping = True
        for listening, thread in self._others:
            with suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)
            thread.join()
            listening.close()
        with suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)  # wakes the accepting thread
        self.shutdown()
        self._thread.join()
        for connection, thread in list(self._open.items()):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            thread.join()
        self.server_close()
        if self._storage is not None:
            self._storage.close()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer a connection in a thread of its own."""
        thread = threading.Thread(target=self._process, args=(request, client_address), daemon=True)
        self._open[request] = thread
        thread.start()

    def _accept(self, listening: socket.socket) -> None:
        while not self._is_stopping:
            with suppress(OSError):  # who asked is gone already, or this is to stop
                self.process_request(*listening.accept())

    def _process(self, request: Any, client_address: Any) -> None:
        try:
            self.finish_request(request, client_address)
        except OSError:  # the client is gone
            pass
        finally:
            self.shutdown_request(request)
            self._open.pop(request, None)


def _handler(request: Any, client_address: Any, server: Any) -> socketserver.BaseRequestHandler:
    from cursus_readiness.objectstore.s3.handler import (
        Handler,
    )  # http.server is slow to import

    return Handler(request, client_address, server)
