"""A TCP proxy that makes trouble on purpose: it drops connections in the middle of an answer, and is slow."""

from __future__ import annotations

import random
import re
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Lock, Thread

_BLOCK_BYTES = 64 * 1024
_BUSY = (
    b"HTTP/1.1 503 Slow Down\r\nContent-Type: application/xml\r\nContent-Length: 74\r\nConnection: close\r\n\r\n"
    b"<?xml version='1.0'?><Error><Code>SlowDown</Code><Message>x</Message></Error>"[:74]
)


@dataclass(slots=True)
class FlakyProxy:
    """Between a client and ``port``. Of the requests, ``drop_ratio`` are cut off after a random share of
    ``largest_bytes`` of their answer, ``busy_ratio`` are answered *slow down*; all connections together get no more
    than ``bytes_per_s``.
    """

    port: int
    drop_ratio: float
    busy_ratio: float
    bytes_per_s: float
    largest_bytes: int
    seed: int = 7
    request_count: int = 0
    dropped_count: int = 0
    busy_count: int = 0
    _free_at_s: float = 0.0
    _lock: Lock = field(default_factory=Lock)
    _random: random.Random = field(default_factory=random.Random)

    def serve(self, client: socket.socket) -> None:
        """One connection, to its end."""
        with client, socket.create_connection(("127.0.0.1", self.port)) as server, suppress(OSError):
            while request := client.recv(_BLOCK_BYTES):
                fate, limit = self._fate()
                if fate == "busy":
                    client.sendall(_BUSY)
                    return
                server.sendall(request)
                if not self._relay(server, client, limit):
                    return

    def _fate(self) -> tuple[str, int | None]:
        with self._lock:
            self.request_count += 1
            drawn = self._random.random()
            if drawn < self.drop_ratio:
                self.dropped_count += 1
                return "drop", int(self._random.random() * self.largest_bytes)
            if drawn < self.drop_ratio + self.busy_ratio:
                self.busy_count += 1
                return "busy", None
            return "serve", None

    def _relay(self, server: socket.socket, client: socket.socket, limit: int | None) -> bool:
        """One answer; whether the connection is still of use."""
        head = b""
        while b"\r\n\r\n" not in head:
            if not (block := server.recv(_BLOCK_BYTES)):
                return False
            head += block
        headers, _, body = head.partition(b"\r\n\r\n")
        found = re.search(rb"\r\ncontent-length: *(\d+)", headers.lower())
        left = int(found[1]) - len(body) if found else None  # without a length it comes in chunks
        sent, block = 0, head
        while True:
            if limit is not None and sent + len(block) >= limit:
                client.sendall(block[: max(limit - sent, 0)])
                return False
            client.sendall(block)
            sent += len(block)
            self._take(len(block))
            if block.endswith(b"0\r\n\r\n") if left is None else left <= 0:
                return True
            if not (block := server.recv(_BLOCK_BYTES)):
                return False
            left = None if left is None else left - len(block)

    def _take(self, count: int) -> None:
        """Wait until so many bytes may have been sent."""
        with self._lock:
            now = time.monotonic()
            self._free_at_s = max(self._free_at_s, now) + count / self.bytes_per_s
            pause_s = self._free_at_s - now
        time.sleep(pause_s)


@contextmanager
def flaky_proxy(proxy: FlakyProxy) -> Iterator[str]:
    """The address at which a proxy answers meanwhile."""
    proxy._random.seed(proxy.seed)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            with suppress(OSError):
                while True:
                    client, _ = listener.accept()
                    Thread(target=proxy.serve, args=(client,), daemon=True).start()

        Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
