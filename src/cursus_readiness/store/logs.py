"""Logs of steps, without secrets."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from cursus_readiness.model.secrets import Secrets

_PIECE_BYTES = 1 << 20


def hide_in_log(path: Path, secrets: Secrets) -> None:
    """Hide secrets in a log to which nobody writes any more; it stays byte for byte as it is when it has none.

    Raises OSError when the disk gives out: then the log is as it was.
    """
    with suppress(FileNotFoundError), path.open("rb") as file:
        if all(_hidden(piece, secrets) == piece for piece in _pieces(file)):
            return
        file.seek(0)
        temporary = path.with_name(f".{path.name}.part")
        try:
            with temporary.open("wb") as target:
                for piece in _pieces(file):
                    target.write(_hidden(piece, secrets))
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)


def _hidden(piece: bytes, secrets: Secrets) -> bytes:
    return secrets.hide(piece.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    """About a MiB each, cut where lines end."""
    while piece := file.read(_PIECE_BYTES):
        yield piece + file.readline(_PIECE_BYTES)
