"""Write files of a run folder: whole or not at all."""

from __future__ import annotations

import os
from array import array
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from pydantic import BaseModel

from cursus_readiness.model.secrets import Secrets
from cursus_readiness.store.schema import dump


def write_text(path: Path, text: str) -> None:
    """Write a file by way of a temporary one, so that no reader ever sees half of it."""
    _write(path, text.encode())


def write_shape(path: Path, shape: BaseModel, secrets: Secrets | None = None) -> None:
    """Write a stored shape, what it tells people without ``secrets``."""
    write_text(path, dump(shape, secrets))


def write_samples(path: Path, columns: Mapping[str, array[float]]) -> None:
    """Write samples as Parquet: float64 columns, NaN is *not measured*."""
    import pyarrow as pa  # slow to import
    import pyarrow.parquet

    # from_buffers copies nothing, and keeps pyarrow from importing pandas, which takes longer than most runs of a step
    arrays = [pa.Array.from_buffers(pa.float64(), len(it), [None, pa.py_buffer(it)]) for it in columns.values()]
    table = pa.Table.from_arrays(arrays, names=list(columns))
    content = pa.BufferOutputStream()  # it writes in many small pieces, each of which would come through Python
    pa.parquet.write_table(table, content, compression="snappy", use_dictionary=False, write_statistics=False)
    _write(path, memoryview(content.getvalue()))


def _write(path: Path, content: bytes | memoryview) -> None:
    """A temporary file takes the place of ``path`` when all of it is written, and is gone when it is not."""
    folder = path.parent
    temporary = os.path.join(folder, f".{path.name}.part")
    if not os.path.isdir(folder):
        os.makedirs(folder, exist_ok=True)
    try:
        with open(temporary, "wb") as file:
            file.write(content)
        os.replace(temporary, path)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(temporary)
        raise
