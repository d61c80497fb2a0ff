"""Identifiers and free text, made by the block."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cursus_readiness.resources import vocabulary
from cursus_readiness.sources.generation.columns import TextColumn
from cursus_readiness.sources.generation.streams import Integers

_Bytes = npt.NDArray[np.uint8]
_HEX = np.frombuffer(b"0123456789abcdef", dtype=np.uint8)
_OCTETS = (0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34)  # where each of them stands in the text


def sequence(prefix: str, first: int, rows: int, width: int) -> pa.StringArray:
    """The prefix and a running number of ``width`` digits."""
    start = np.frombuffer(prefix.encode(), dtype=np.uint8)
    letters = np.empty((rows, len(start) + width), dtype=np.uint8)
    letters[:, : len(start)] = start
    left = np.arange(first, first + rows)
    for place in range(width - 1, -1, -1):
        left, digit = np.divmod(left, 10)
        letters[:, len(start) + place] = digit + ord("0")
    return _strings(letters)


def uuids(first: int, rows: int, random: np.random.Generator, salt: int) -> pa.StringArray:
    """Texts in the form of a UUID of version 4; no two rows of a table have the same."""
    octets = np.empty((rows, 16), dtype=np.uint8)
    octets[:, :6] = _mixed(np.arange(first, first + rows), salt)[:, 2:]
    octets[:, 6:] = random.integers(0, 256, size=(rows, 10), dtype=np.uint8)
    octets[:, 6] = octets[:, 6] & 0x0F | 0x40
    octets[:, 8] = octets[:, 8] & 0x3F | 0x80
    letters = np.full((rows, 36), ord("-"), dtype=np.uint8)
    for octet, place in enumerate(_OCTETS):
        letters[:, place] = _HEX[octets[:, octet] >> 4]
        letters[:, place + 1] = _HEX[octets[:, octet] & 0x0F]
    return _strings(letters)


def texts(column: TextColumn, rows: int, random: np.random.Generator) -> pa.StringArray:
    """Words of the vocabulary, few of them most of the time, as in a language."""
    counts = random.integers(column.least_words, column.most_words + 1, size=rows)
    bounds = np.concatenate(([0], np.cumsum(counts)))
    known = pa.array(vocabulary())
    picked = (random.random(int(bounds[-1])) ** 2 * len(known)).astype(np.int32)
    words = known.take(
        pa.array((picked * 89) % len(known))
    )  # the frequent ones are not those that the file begins with
    return pc.binary_join(pa.ListArray.from_arrays(pa.array(bounds, pa.int32()), words), " ")


def _mixed(numbers: Integers, salt: int) -> _Bytes:
    """Eight octets for each number below 2**48, the last six of them different for different numbers."""
    mask = np.uint64(2**48 - 1)
    mixed = (numbers.astype(np.uint64) + np.uint64(salt % 2**48)) & mask
    for factor in (0x9E3779B97F4B, 0xBF58476D1CE5):
        mixed = (mixed * np.uint64(factor | 1)) & mask
        mixed ^= mixed >> np.uint64(24)
    return mixed.astype(">u8").view(np.uint8).reshape(len(numbers), 8)


def _strings(letters: _Bytes) -> Any:
    rows, width = letters.shape
    offsets = np.arange(rows + 1, dtype=np.int32) * width
    return pa.StringArray.from_buffers(rows, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(letters)))
