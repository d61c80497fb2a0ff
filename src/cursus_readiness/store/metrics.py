"""``metrics.parquet``: all samples of all steps of a run in one file, for who asks questions of their own."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from cursus_readiness.store.layout import RunLayout

if TYPE_CHECKING:
    import pyarrow as pa

Step = tuple[str, str]

_COLUMNS = {  # name -> (Arrow's type, unit, meaning)
    "elapsed_s": ("float64", "s", "since the step was started"),
    "cpu_ratio": ("float64", "1", "busy cores since the sample before"),
    "rss_bytes": ("int64", "byte", "resident memory summed over the process tree"),
    "pss_bytes": ("int64", "byte", "the same with shared pages counted once"),
    "read_bytes": ("int64", "byte", "read from storage since the start"),
    "written_bytes": ("int64", "byte", "written to storage since the start"),
    "process_count": ("int64", "1", "processes of the tree"),
    "thread_count": ("int64", "1", "threads of the tree"),
    "waiting_count": ("int64", "1", "processes in uninterruptible sleep"),
    "runnable_count": ("int64", "1", "threads of the tree that run or want to"),
}
_ROWS_AT_A_TIME = 100_000


def write_metrics(layout: RunLayout, steps: Iterable[Step]) -> None:
    """Write the samples of steps, named by scenario and step, in their order; null is *not measured*.

    No more than some 100,000 rows are in memory at a time. Raises OSError when they cannot be written; what was there
    before is then as it was.
    """
    import pyarrow.parquet as pq  # slow to import

    temporary = layout.metrics.with_name(f".{layout.metrics.name}.part")
    try:
        with pq.ParquetWriter(temporary, _schema(), compression="zstd") as writer:
            for table in _tables(layout, steps):
                writer.write_table(table)
        os.replace(temporary, layout.metrics)
    finally:
        temporary.unlink(missing_ok=True)


def _schema() -> pa.Schema:
    import pyarrow as pa

    names = [pa.field(name, pa.dictionary(pa.int32(), pa.string()), nullable=False) for name in ("scenario", "step")]
    measured = [
        pa.field(name, kind, metadata={"unit": unit, "description": meaning})
        for name, (kind, unit, meaning) in _COLUMNS.items()
    ]
    return pa.schema([*names, *measured])


def _tables(layout: RunLayout, steps: Iterable[Step]) -> Iterator[pa.Table]:
    """Samples of many steps together: a row group for each step would make the file large and slow to read."""
    found: list[tuple[Step, pa.Table]] = []
    row_count = 0
    for scenario, step in steps:
        table = _samples(layout.scenario(scenario).step(step).samples)
        if table is not None and table.num_rows:
            found.append(((scenario, step), table))
            row_count += table.num_rows
        if row_count >= _ROWS_AT_A_TIME:
            yield _together(found)
            found, row_count = [], 0
    if found:
        yield _together(found)


def _samples(path: Path) -> pa.Table | None:
    """The samples of one step; ``None`` when there are none, or none that can be read, which reading the run tells."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.ParquetFile(path, pre_buffer=False).read(use_threads=False)
    except (OSError, pa.ArrowException):
        return None


def _together(found: list[tuple[Step, pa.Table]]) -> pa.Table:
    import pyarrow as pa
    import pyarrow.compute as pc

    schema = _schema()
    joined = pa.concat_tables([table for _, table in found], promote_options="default")
    counts = [table.num_rows for _, table in found]
    columns = [_repeated([names[which] for names, _ in found], counts) for which in range(2)]
    for name, (kind, _, _) in _COLUMNS.items():
        if name in joined.column_names:
            values = joined.column(name)
            measured = pc.if_else(pc.is_nan(values), pa.NULL, values)
            columns.append(pc.cast(measured, kind, safe=False))
        else:  # of a version before it was sampled
            columns.append(pa.nulls(joined.num_rows, kind))
    return pa.Table.from_arrays(columns, schema=schema)


def _repeated(names: list[str], counts: list[int]) -> pa.Array:
    """Each name as often as its step has samples; made from buffers, as pa.array() would import pandas."""
    import numpy as np
    import pyarrow as pa

    numbers = {name: number for number, name in enumerate(dict.fromkeys(names))}
    indices = np.repeat(np.array([numbers[name] for name in names], dtype=np.int32), counts)
    encoded = [name.encode("utf-8", "replace") for name in numbers]
    ends = np.cumsum([0, *map(len, encoded)], dtype=np.int32)
    texts = [None, pa.py_buffer(ends), pa.py_buffer(b"".join(encoded))]
    return pa.DictionaryArray.from_arrays(
        pa.Array.from_buffers(pa.int32(), len(indices), [None, pa.py_buffer(indices)]),
        pa.Array.from_buffers(pa.string(), len(encoded), texts),
    )
