"""Whether a file is whole and what its name says, without running anything of what is in it."""

from __future__ import annotations

import ast
import bz2
import gzip
import io
import json
import lzma
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cursus_readiness.rules.base import UnreadableDataError
from cursus_readiness.rules.reading import check_rows, is_delimited, is_table
from cursus_readiness.rules.table import profile_table

_PICKLES = (".joblib", ".pkl", ".pickle")
_TEXTS = (".txt", ".md", ".yaml", ".yml", ".log", ".html", ".libsvm")
_BLOCK_BYTES = 1 << 20
_TAIL_BYTES = 16


def flaw(path: Path) -> str | None:
    """What is wrong with a file, in words that go after its name; ``None`` for a sound one."""
    if path.stat().st_size == 0:
        return "is empty"
    suffix = path.suffix.lower()
    try:
        if is_delimited(path):
            check_rows(path)
        elif is_table(path) and not _is_document(path):
            profile_table((path,))
        elif suffix in _PICKLES:
            return _flaw_of_pickle(path)
        elif suffix in _CHECKS:
            _CHECKS[suffix](path)
    except UnreadableDataError as error:
        return str(error).removeprefix(f"{path.name} ")
    except _BROKEN as error:
        return f"is not readable as {suffix} ({type(error).__name__})"
    return None


def _is_document(path: Path) -> bool:
    """Whether a ``.json`` file is one document and not lines of them."""
    if path.suffix.lower() != ".json":
        return False
    try:
        json.loads(path.read_bytes())
    except (ValueError, RecursionError, MemoryError):
        return False
    return True


def _flaw_of_pickle(path: Path) -> str | None:
    """A pickle starts with its protocol and ends with a stop, compressed or not; nothing of it is loaded."""
    first, tail = b"", b""
    with _decompressed(path) as stream:
        while block := stream.read(_BLOCK_BYTES):
            first, tail = first or block[:2], (tail + block)[-_TAIL_BYTES:]
    if zipfile.is_zipfile(path):
        return None
    if not first.startswith(b"\x80"):
        return "is no pickle"
    return None if tail.endswith(b".") else "is a pickle that breaks off"


def _decompressed(path: Path) -> Any:
    """A stream of what joblib may have compressed."""
    with path.open("rb") as file:
        head = file.read(6)
    if head.startswith(b"\x1f\x8b"):
        return gzip.open(path)
    if head.startswith(b"BZh"):
        return bz2.open(path)
    if head.startswith((b"\xfd7zXZ", b"]\x00\x00")):
        return lzma.open(path)
    if head[:1] == b"\x78":
        return _Inflating(path)
    return path.open("rb")


class _Inflating(io.RawIOBase):
    """A zlib stream, which Python has no file for; raises EOFError when it breaks off."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        self._inflate = zlib.decompressobj()

    def read(self, size: int = -1) -> bytes:
        while not self._inflate.eof:
            block = self._inflate.unconsumed_tail or self._file.read(_BLOCK_BYTES)
            if not block:
                raise EOFError("the stream breaks off")
            if found := self._inflate.decompress(block, max(size, 0)):
                return found
        return b""

    def close(self) -> None:
        self._file.close()
        super().close()


def _to_the_end(path: Path) -> None:
    with gzip.open(path) as stream:
        while stream.read(_BLOCK_BYTES):
            pass


def _check_zip(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        if archive.testzip() is not None:
            raise zipfile.BadZipFile


def _check_safetensors(path: Path) -> None:
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if length > path.stat().st_size:
            raise ValueError("the header is longer than the file")
        header = json.loads(file.read(length))
    ends = [item["data_offsets"][1] for name, item in header.items() if name != "__metadata__"]
    if 8 + length + max(ends, default=0) != path.stat().st_size:
        raise ValueError("the tensors break off")


def _check_numpy(path: Path) -> None:
    import numpy as np

    np.load(path, mmap_mode="r", allow_pickle=False)


def _check_text(path: Path) -> None:
    with path.open(encoding="utf-8") as file:
        while file.read(_BLOCK_BYTES):
            pass


_CHECKS: dict[str, Callable[[Path], object]] = {
    ".json": lambda path: json.loads(path.read_bytes()),
    ".gz": _to_the_end,
    ".zip": _check_zip,
    ".pt": _check_zip,
    ".keras": _check_zip,
    ".npz": _check_zip,
    ".npy": _check_numpy,
    ".safetensors": _check_safetensors,
    ".py": lambda path: ast.parse(path.read_bytes()),
    **dict.fromkeys(_TEXTS, _check_text),
}
_BROKEN = (
    OSError,
    ValueError,
    EOFError,
    KeyError,
    TypeError,
    IndexError,
    RecursionError,
    SyntaxError,
    zlib.error,
    lzma.LZMAError,
    zipfile.BadZipFile,
    NotImplementedError,
    RuntimeError,
)
