"""Values as 64-bit hashes, so that millions of keys fit into memory."""

from __future__ import annotations

import hashlib
from typing import Any

_LONGEST = 64  # bytes; longer texts are rare in keys and are hashed one by one


def as_text(values: Any) -> Any:
    """Values in one spelling whatever their type: a whole number is written as 7 and not as 7.0, NaN is missing."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = values.type
    if pa.types.is_floating(kind):
        values = values.cast(pa.float64())
        values = pc.if_else(pc.is_nan(values), pa.scalar(None, pa.float64()), values)
        whole = pc.and_(pc.equal(values, pc.floor(values)), pc.less(pc.abs(values), 2.0**53))
        integers = pc.if_else(whole, values, pa.scalar(0.0)).cast(pa.int64(), safe=False)
        return pc.if_else(whole, integers.cast(pa.large_string()), values.cast(pa.large_string()))
    if pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return pa.array([None if value is None else repr(value) for value in values.to_pylist()], pa.large_string())
    return values.cast(pa.large_string())


def hashes(columns: list[Any]) -> Any:
    """One number (uint64) for each row of some columns, equal for rows of equal texts; missing counts as a text."""
    import numpy as np

    combined = None
    for column in columns:
        one = _hash_text(as_text(column))
        combined = one if combined is None else _mix(combined * np.uint64(0x9E3779B97F4A7C15) + one)
    return combined


def _hash_text(values: Any) -> Any:
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    count = len(values)
    if values.null_count:
        values = pc.fill_null(values, "\x00")
    values = values.cast(pa.large_string())
    if count == 0:
        return np.zeros(0, np.uint64)
    buffers = values.buffers()
    offsets = np.frombuffer(buffers[1], np.int64)[values.offset : values.offset + count + 1]
    data = np.frombuffer(buffers[2], np.uint8) if buffers[2] is not None and buffers[2].size else np.zeros(1, np.uint8)
    starts, lengths = offsets[:-1], np.diff(offsets)
    found = lengths.astype(np.uint64)
    weights = np.random.default_rng(7).integers(0, 2**63, _LONGEST, np.uint64) * np.uint64(2) + np.uint64(1)
    for position in range(min(int(lengths.max()), _LONGEST)):
        rows = np.flatnonzero(lengths > position)
        found[rows] += weights[position] * (data[starts[rows] + position].astype(np.uint64) + np.uint64(1))
    for row in np.flatnonzero(lengths > _LONGEST):
        digest = hashlib.blake2b(data[starts[row] : starts[row] + lengths[row]].tobytes(), digest_size=8)
        found[row] = int.from_bytes(digest.digest(), "little")
    return _mix(found)


def _mix(values: Any) -> Any:
    import numpy as np

    values = values ^ (values >> np.uint64(33))
    values = values * np.uint64(0xFF51AFD7ED558CCD)
    return values ^ (values >> np.uint64(33))
