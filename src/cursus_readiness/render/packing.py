"""What the page unpacks when it is asked for: columns of equal things, deflated, as text that is safe in a document."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

_RAW = -15  # zlib's window bits for a stream without header: DecompressionStream calls it deflate-raw
_INERT = bytes.maketrans(b"<>&", b",.:")  # no packed text is ever markup


def packed(content: bytes, *, level: int = 9) -> str:
    """Bytes as raw deflate in base85, which takes a fifteenth less than base64; the same for the same bytes.

    The alphabet is that of ``base64.b85encode`` with ``,.:`` for ``<>&``.
    """
    packer = zlib.compressobj(level, zlib.DEFLATED, _RAW)
    return base64.b85encode(packer.compress(content) + packer.flush()).translate(_INERT).decode()


def packed_json(value: Any) -> str:
    """JSON, packed. Raises ValueError for NaN and infinity: what was not measured is ``None``."""
    return packed(json.dumps(value, allow_nan=False, separators=(",", ":"), ensure_ascii=False).encode())


def columns(records: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """Records with equal keys by key: equal values then stand together, and deflate to half of what records do."""
    return {key: [record[key] for record in records] for key in records[0]} if records else {}


class Blobs:
    """Packed texts one after the other, and where each begins and ends: one element of the page holds them all."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self._end = 0

    def add(self, text: str) -> tuple[int, int]:
        """Keep a packed text; where it stands."""
        start, self._end = self._end, self._end + len(text)
        self.parts.append(text)
        return start, self._end

    def text(self) -> str:
        """All of them."""
        return "".join(self.parts)
