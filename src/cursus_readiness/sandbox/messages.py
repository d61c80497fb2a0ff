"""Messages between the tool and its launcher: plain dictionaries, length first.

``marshal`` and not JSON: both ends are the same interpreter, and importing ``json`` takes the launcher longer than all
that it is told.
"""

from __future__ import annotations

import _socket
import marshal
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_LENGTH_BYTES = 4


def encode(message: dict[str, Any]) -> bytes:
    """A message as it is sent."""
    data = marshal.dumps(message)
    return len(data).to_bytes(_LENGTH_BYTES, "big") + data


class Inbox:
    """Puts together what has come in."""

    def __init__(self) -> None:
        self._data = b""

    def add(self, data: bytes) -> None:
        """Take in some bytes."""
        self._data += data

    def next(self) -> dict[str, Any] | None:
        """The next whole message, ``None`` when there is none yet."""
        end = _LENGTH_BYTES + int.from_bytes(self._data[:_LENGTH_BYTES], "big")
        if len(self._data) < max(end, _LENGTH_BYTES):
            return None
        message: dict[str, Any] = marshal.loads(self._data[_LENGTH_BYTES:end])  # noqa: S302 - our own, no step can write
        self._data = self._data[end:]
        return message


def send_with(connection: _socket.socket, data: bytes, descriptors: list[int]) -> None:
    """Send a short message with descriptors (SCM_RIGHTS)."""
    packed = b"".join(descriptor.to_bytes(4, sys.byteorder) for descriptor in descriptors)
    rights = [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, packed)] if descriptors else []
    connection.sendmsg([data], rights)
