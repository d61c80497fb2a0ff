"""A sample of a table on disk: so many rows, drawn without replacement, in the form and the files of the original.

A file is read twice, in blocks: once to count, once to draw. Rows of text are copied as they are written.
"""

from __future__ import annotations

import gzip
import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv
import pyarrow.json
import pyarrow.parquet

from cursus_readiness.definitions.model import hint
from cursus_readiness.sources.base import SourceError
from cursus_readiness.sources.tables import Rows, Sampling, form_of, header_of, text_rows
from cursus_readiness.units import MIB

_BATCH_ROWS = 65_536
_MOST_STRATA = 1000
_GZIP_LEVEL = 6
_BUFFER_BYTES = 1 * MIB  # of a column; without it a row group is read whole


class _Table:
    """One file that can be read in blocks, with the column that matters."""

    def __init__(self, path: Path, stratify: str | None) -> None:
        form = form_of(path.name)
        assert form is not None  # noqa: S101 - asked before
        self.path, self.form, self.stratify = path, form, stratify
        self.header = header_of(path, form) if form.has_cells else None
        self._check_column()

    def _check_column(self) -> None:
        if self.form.kind == "parquet":
            names: Sequence[str] = _parquet(self.path).schema_arrow.names
        elif self.form.kind == "jsonl":
            return  # each block has columns of its own
        else:
            names = self.header or ()
        if self.stratify is not None and self.stratify not in names:
            raise SourceError(self._lacks_it(names))

    def _lacks_it(self, names: Sequence[str]) -> str:
        stratify = str(self.stratify)
        return f"{self.path} has no column {stratify!r} to stratify by{hint(stratify, names)}"

    def strata(self) -> Iterator[Any]:
        """The column's value in each row, block by block; nothing but nulls where nothing is to be kept."""
        if self.form.kind == "parquet":
            file = _parquet(self.path)
            columns = [self.stratify] if self.stratify else []
            for batch in file.iter_batches(batch_size=_BATCH_ROWS, columns=columns):
                yield batch.column(0).cast(pa.string()) if columns else pa.nulls(batch.num_rows)
        else:
            for rows in self.text():
                yield self._strata_of(rows)

    def text(self) -> Iterator[Rows]:
        """The rows of a text file without its header."""
        is_first = self.header is not None
        for rows in text_rows(self.path, self.form):
            yield Rows(rows.data, rows.bounds[1:]) if is_first else rows
            is_first = False

    def _strata_of(self, rows: Rows) -> Any:
        if self.stratify is None or not len(rows):
            return pa.nulls(len(rows))
        data = io.BytesIO(rows.data[int(rows.bounds[0]) : int(rows.bounds[-1])])
        size = int(rows.bounds[-1] - rows.bounds[0]) + 1
        if self.form.kind == "jsonl":
            table = pa.json.read_json(data, pa.json.ReadOptions(block_size=size))
            if self.stratify not in table.column_names:
                raise SourceError(self._lacks_it(table.column_names))
        else:
            table = pa.csv.read_csv(
                data,
                pa.csv.ReadOptions(column_names=list(self.header or ()), block_size=size),
                pa.csv.ParseOptions(delimiter=self.form.delimiter, newlines_in_values=True),
                pa.csv.ConvertOptions(include_columns=[self.stratify], column_types={self.stratify: pa.string()}),
            )
        values = table.column(self.stratify).combine_chunks()
        if len(values) != len(rows):
            raise SourceError(f"{self.path} cannot be read: its rows cannot be told apart")
        return values.cast(pa.string())


def check_subset(files: Sequence[Path], sampling: Sampling) -> None:
    """Raise SourceError where rows cannot be drawn from files: the first rows of each are looked at."""
    tables = [path for path in files if form_of(path.name)]
    if not tables:
        raise SourceError("rows: there is no table among the files (.csv, .tsv, .parquet, .jsonl or .libsvm)")
    for path in tables:
        table = _Table(path, sampling.stratify)
        if table.form.kind == "jsonl":
            with _readable(path):
                next(table.strata(), None)


def write_subset(files: Mapping[Path, Path], sampling: Sampling) -> int:
    """Write a sample of tables, each to the place that ``files`` maps it to; how many rows there are.

    Raises SourceError for a table that cannot be read.
    """
    tables = [_Table(path, sampling.stratify) for path in files]
    draw = _Draw(_sizes(tables), sampling)
    for table in tables:
        target = files[table.path]
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        if table.form.kind == "parquet":
            _write_parquet(table, target, draw)
        else:
            _write_text(table, target, draw)
    return draw.row_count


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Raise SourceError where a table turns out to be none."""
    try:
        yield
    except pa.ArrowException as error:
        raise SourceError(f"{path} cannot be read: {str(error).splitlines()[0][:200]}") from error


def _sizes(tables: Sequence[_Table]) -> Counter[str | None]:
    """The rows of each stratum, in all tables together; they have been read to their ends then."""
    sizes: Counter[str | None] = Counter()
    for table in tables:
        with _readable(table.path):
            for strata in table.strata():
                counts = strata.value_counts()
                sizes.update(dict(zip(counts.field(0).to_pylist(), counts.field(1).to_pylist(), strict=True)))
                if len(sizes) > _MOST_STRATA:
                    raise SourceError(f"stratify: {table.stratify!r} has more than {_MOST_STRATA} values; name another")
    return sizes


class _Draw:
    """Which rows are taken: of each stratum exactly its share of the sample, any of its rows alike."""

    def __init__(self, sizes: Mapping[str | None, int], sampling: Sampling) -> None:
        total = sum(sizes.values())
        self._left = dict(sizes)
        self._wanted = _quotas(sizes, min(sampling.rows, total))
        self.row_count = sum(self._wanted.values())
        self._random = np.random.Generator(np.random.PCG64(sampling.seed))

    def taken(self, strata: Any) -> npt.NDArray[np.int64]:
        """The rows of a block to take, in order."""
        encoded = strata.cast(pa.string()).dictionary_encode("encode")
        codes = encoded.indices.to_numpy()
        found = []
        for code, value in enumerate(encoded.dictionary.to_pylist()):
            rows = np.flatnonzero(codes == code)
            left, wanted = self._left[value], self._wanted[value]
            count = int(self._random.hypergeometric(len(rows), left - len(rows), wanted)) if wanted else 0
            self._left[value], self._wanted[value] = left - len(rows), wanted - count
            found.append(rows[self._random.choice(len(rows), count, replace=False, shuffle=False)])
        return np.sort(np.concatenate(found)) if found else np.zeros(0, dtype=np.int64)


def _quotas(sizes: Mapping[str | None, int], rows: int) -> dict[str | None, int]:
    """Rows of each stratum: its share, and those that are left over to the largest remainders."""
    total = sum(sizes.values())
    exact = {value: rows * size / total for value, size in sizes.items()}
    quotas = {value: int(share) for value, share in exact.items()}
    order = sorted(exact, key=lambda value: (quotas[value] - exact[value], value is None, value or ""))
    for value in order[: rows - sum(quotas.values())]:
        quotas[value] += 1
    return quotas


def _write_text(table: _Table, target: Path, draw: _Draw) -> None:
    with ExitStack() as stack:
        file: Any = stack.enter_context(target.open("wb"))
        if table.form.is_gzip:
            file = stack.enter_context(gzip.GzipFile("", "wb", _GZIP_LEVEL, file, mtime=0))
        if table.header is not None:
            first = next(text_rows(table.path, table.form))
            file.write(first.data[: int(first.bounds[1])])
        for rows, strata in zip(table.text(), table.strata(), strict=True):
            lines = pa.LargeBinaryArray.from_buffers(
                pa.large_binary(),
                len(rows),
                [None, pa.py_buffer(np.ascontiguousarray(rows.bounds)), pa.py_buffer(rows.data)],
            )
            picked = lines.take(pa.array(draw.taken(strata)))
            if len(picked):
                file.write(picked.buffers()[2])


def _write_parquet(table: _Table, target: Path, draw: _Draw) -> None:
    source = _parquet(table.path)
    codec = source.metadata.row_group(0).column(0).compression if source.metadata.num_row_groups else "SNAPPY"
    codec = "none" if codec == "UNCOMPRESSED" else codec
    with pa.parquet.ParquetWriter(target, source.schema_arrow, compression=codec) as writer:
        for batch, strata in zip(source.iter_batches(batch_size=_BATCH_ROWS), table.strata(), strict=True):
            writer.write_batch(batch.take(pa.array(draw.taken(strata))))


def _parquet(path: Path) -> Any:
    try:
        return pa.parquet.ParquetFile(path, buffer_size=_BUFFER_BYTES, pre_buffer=False)
    except (pa.ArrowException, OSError) as error:
        raise SourceError(f"{path} is not a whole Parquet file: was it written to its end?") from error
