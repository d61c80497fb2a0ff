"""Files of tables: what their names say, and their rows as they are written."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Literal, cast

from cursus_readiness.sources.base import SourceError
from cursus_readiness.units import MIB

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

Kind = Literal["csv", "tsv", "parquet", "jsonl", "libsvm"]
_KINDS: dict[str, Kind] = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".parquet": "parquet",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".libsvm": "libsvm",
}
_BLOCK_BYTES = 8 * MIB
_LONGEST_ROW_BYTES = 64 * MIB


@dataclass(frozen=True, slots=True)
class TableForm:
    """How a table is written, as its name says."""

    kind: Kind
    is_gzip: bool

    @property
    def has_cells(self) -> bool:
        """Whether its rows are cells with a delimiter between them."""
        return self.kind in ("csv", "tsv")

    @property
    def delimiter(self) -> str:
        """What stands between cells."""
        return "\t" if self.kind == "tsv" else ","


def form_of(name: str) -> TableForm | None:
    """The form of a file of this name; ``None`` for what is no table."""
    lower = name.lower()
    kind = _KINDS.get(Path(lower.removesuffix(".gz")).suffix)
    is_gzip = lower.endswith(".gz")
    return TableForm(kind, is_gzip) if kind and not (is_gzip and kind == "parquet") else None


@dataclass(frozen=True, slots=True)
class Sampling:
    """How many rows to take of tables together, and the column whose values are to keep their shares."""

    rows: int
    stratify: str | None = None
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Rows:
    """Some rows of a text file as they are written; row ``i`` lies from ``bounds[i]`` to ``bounds[i + 1]``."""

    data: bytes
    bounds: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.bounds) - 1


def text_rows(path: Path, form: TableForm, seen: Callable[[bytes], object] = len) -> Iterator[Rows]:
    """The rows of a text file in blocks, lines without anything left out; ``seen`` is given all that is read.

    Raises SourceError for a row without an end, and for what is compressed and cannot be read.
    """
    rest = b""
    try:
        with ExitStack() as stack:
            file: IO[bytes] = stack.enter_context(path.open("rb"))
            if form.is_gzip:
                file = cast("IO[bytes]", stack.enter_context(gzip.GzipFile(fileobj=file)))
            while block := file.read(_BLOCK_BYTES):
                seen(block)
                data = rest + block
                bounds = _row_bounds(data, form)
                rest = data[bounds[-1] :]
                if len(rest) > _LONGEST_ROW_BYTES:
                    raise SourceError(f"{path} has a row of more than {_LONGEST_ROW_BYTES // MIB} MiB")
                yield from _without_blanks(data, bounds)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise SourceError(f"{path} is not a whole gzip file: was it written to its end?") from error
    if rest.strip():
        if form.has_cells and rest.count(b'"') % 2:
            raise SourceError(f"{path} ends within a quoted cell: was it written to its end?")
        yield from _without_blanks(rest + b"\n", _row_bounds(rest + b"\n", form))


def header_of(path: Path, form: TableForm) -> tuple[str, ...] | None:
    """The names in the first row of a file with cells; ``None`` where it holds numbers: such a file has no header.

    Raises SourceError for a file that is empty or not UTF-8, and for names that are there twice.
    """
    for rows in text_rows(path, form):
        first = rows.data[int(rows.bounds[0]) : int(rows.bounds[1])]
        try:
            text = first.decode("utf-8-sig")
            cells = next(csv.reader(io.StringIO(text, newline=""), delimiter=form.delimiter))
        except (UnicodeDecodeError, csv.Error) as error:
            raise SourceError(f"{path}: its first row is not UTF-8 text in cells") from error
        if all(_is_number(cell) for cell in cells):
            return None
        if twice := [name for name in cells if cells.count(name) > 1]:
            raise SourceError(f"{path} has two columns named {twice[0]!r}")
        return tuple(cells)
    raise SourceError(f"{path} has no row")


def _row_bounds(data: bytes, form: TableForm) -> npt.NDArray[np.int64]:
    """Where rows begin, and where what is not a whole row yet does; a line break within quotes is none."""
    import numpy as np

    octets = np.frombuffer(data, dtype=np.uint8)
    ends = np.flatnonzero(octets == ord("\n"))
    if form.has_cells and b'"' in data:
        quotes = np.flatnonzero(octets == ord('"'))
        ends = ends[np.searchsorted(quotes, ends) % 2 == 0]
    return np.concatenate((np.zeros(1, dtype=np.int64), ends + 1))


def _without_blanks(data: bytes, bounds: npt.NDArray[np.int64]) -> Iterator[Rows]:
    import numpy as np

    lengths = np.diff(bounds)
    if not len(lengths):
        return
    first = np.frombuffer(data, dtype=np.uint8)[bounds[:-1]]
    is_blank = (lengths == 1) | ((lengths == 2) & (first == ord("\r")))
    if not is_blank.any():
        yield Rows(data, bounds)
        return
    kept = [data[start:end] for start, end in zip(bounds[:-1][~is_blank], bounds[1:][~is_blank], strict=True)]
    if kept:
        yield Rows(b"".join(kept), np.concatenate(([0], np.cumsum([len(row) for row in kept]))))


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
