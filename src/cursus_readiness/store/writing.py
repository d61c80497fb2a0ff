"""Write files of a run folder: whole or not at all."""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from pydantic import BaseModel

from cursus_readiness.store.schema import dump


def write_text(path: Path, text: str) -> None:
    """Write a file by way of a temporary one, so that no reader ever sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with _replacing(path) as file:
        file.write(text.encode())


def write_shape(path: Path, shape: BaseModel) -> None:
    """Write a stored shape."""
    write_text(path, dump(shape))


def write_samples(path: Path, columns: Mapping[str, array[float]]) -> None:
    """Write samples as Parquet: float64 columns, NaN is *not measured*."""
    import pyarrow as pa  # slow to import
    import pyarrow.parquet

    # from_buffers copies nothing, and keeps pyarrow from importing pandas, which takes longer than most runs of a step
    arrays = [pa.Array.from_buffers(pa.float64(), len(it), [None, pa.py_buffer(it)]) for it in columns.values()]
    table = pa.Table.from_arrays(arrays, names=list(columns))
    with _replacing(path) as file:
        pa.parquet.write_table(table, file, compression="snappy", use_dictionary=False, write_statistics=False)


@contextmanager
def _replacing(path: Path) -> Iterator[BinaryIO]:
    """A temporary file that takes the place of ``path`` when all of it is written, and is gone when it is not."""
    temporary = path.with_name(f".{path.name}.part")
    try:
        with temporary.open("wb") as file:
            yield file
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
