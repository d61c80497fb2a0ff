"""The loopback endpoint through which scripts that call AWS reach the run's local object store."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Self

from cursus_readiness.model.access import Access
from cursus_readiness.objectstore import aws_settings
from cursus_readiness.objectstore.store import ObjectStore

if TYPE_CHECKING:
    import socket
    from types import TracebackType

    from cursus_readiness.objectstore.s3.listener import Listener


class S3Endpoint:
    """Answers on ``127.0.0.1`` while the context is entered: S3 from the store, other services with a refusal.

    Nothing is verified: whoever reaches the port can read and change the store, as every process of this machine can.
    """

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._listener: Listener | None = None
        self._is_secluded = False
        self._lock = threading.Lock()
        self._counts: dict[tuple[str, str, str | None, int], tuple[int, int]] = {}

    def __enter__(self) -> Self:
        from cursus_readiness.objectstore.s3.listener import Listener

        self._listener = Listener(self._store.root, self._record)
        self._listener.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._listener is not None:
            self._listener.stop()
            self._listener, self._is_secluded = None, False

    @property
    def url(self) -> str:
        """Where it answers. The context must be entered."""
        if self._listener is None:
            raise RuntimeError("the endpoint is not started")
        return f"http://127.0.0.1:{self._listener.server_address[1]}"

    def answer_in_seclusion(self, listen: Callable[[int], socket.socket]) -> None:
        """Answer on the same port of another loopback interface too; ``listen`` opens a socket there, and only once.

        The context must be entered. Raises what ``listen`` raises.
        """
        if self._listener is None:
            raise RuntimeError("the endpoint is not started")
        if not self._is_secluded:
            self._listener.accept_from(listen(self._listener.server_address[1]))
            self._is_secluded = True

    def environment(self, region: str, folder: str | None = None) -> dict[str, str]:
        """What makes clients of AWS in a step come here; ``folder`` is where the step finds ``files``.

        Without the folder, boto3 before 1.28 does not come here.
        """
        return aws_settings.variables(self.url, region, folder)

    def files(self, folder: str) -> Mapping[str, str]:
        """Path and text of the files that ``environment`` speaks of."""
        return aws_settings.files(self.url, folder)

    def take(self) -> list[Access]:
        """What was asked for since this was called last, in the order in which it was first asked for."""
        with self._lock:
            counts, self._counts = self._counts, {}
        return [
            Access(service=service, operation=operation, uri=uri, status=status, request_count=count, size_bytes=size)
            for (service, operation, uri, status), (count, size) in counts.items()
        ]

    def _record(self, service: str, operation: str, uri: str | None, status: int, size_bytes: int) -> None:
        with self._lock:
            count, size = self._counts.get((service, operation, uri, status), (0, 0))
            self._counts[service, operation, uri, status] = (count + 1, size + size_bytes)
