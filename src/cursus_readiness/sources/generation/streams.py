"""A stream of random numbers of its own for each column and each block of rows.

So a column looks the same whatever stands beside it, and rows are the same in whatever files they come to lie.
"""

from __future__ import annotations

import hashlib
import json

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

BLOCK_ROWS = 65_536  # changing it changes every table


def stream(*place: str | int) -> np.random.Generator:
    """The numbers that belong to a place: a seed, a part, a column, a block."""
    digest = hashlib.sha256(json.dumps(place).encode()).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest[:16], "big")))
