"""Look for texts of a known form in files: in text, in compressed text, in Parquet, in the members of archives."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cursus_readiness.objectstore.files import printable
from cursus_readiness.rules.base import Judgement, UnreadableDataError
from cursus_readiness.rules.hashing import as_text
from cursus_readiness.rules.masking import MOST_EXAMPLES
from cursus_readiness.rules.reading import TableFormat
from cursus_readiness.rules.streaming import stream
from cursus_readiness.rules.table import kind_of
from cursus_readiness.rules.target import Target
from cursus_readiness.rules.unpacking import is_archive, members, unpacked

_BLOCK_BYTES = 1 << 20
_OVERLAP_BYTES = 1 << 12  # the longest text that is found across two blocks


@dataclass(frozen=True, slots=True)
class Form:
    """A form to look for: an expression, and a test of what matches it.

    Most bytes have none of it, which is found out faster by ``hints``, of which one stands in every match, or by a
    ``sieve``: an expression of RE2 that matches wherever the expression does, and perhaps elsewhere.
    """

    expression: re.Pattern[bytes]
    hints: tuple[bytes, ...] = ()
    sieve: str = ""
    test: Callable[[bytes], bool] = bool

    def may_be_in(self, block: bytes) -> bool:
        """Whether it is worth looking closer."""
        if not self.sieve:
            return any(hint in block for hint in self.hints)
        import pyarrow as pa
        import pyarrow.compute as pc

        found: bool = pc.match_substring_regex(pa.scalar(block, pa.large_binary()), pattern=self.sieve).as_py()
        return found


@dataclass(slots=True)
class _Findings:
    counts: Counter[str] = field(default_factory=Counter)
    places: set[str] = field(default_factory=set)
    examples: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ScanCheck:
    """No file has a text of any of the forms."""

    forms: Mapping[str, Form]

    def judge(self, target: Target) -> Judgement:
        """Look through all files."""
        found = _Findings()
        for path in target.files:
            for place, block, start in _blocks(path, target.form):
                self._look(place, block, start, found, target.show)
        if not found.counts:
            return Judgement.kept(f"none of {', '.join(self.forms)} in {len(target.files)} files")
        kinds = ", ".join(f"{count:,} x {kind}" for kind, count in sorted(found.counts.items()))
        return Judgement.broken(f"{kinds} in {printable(', '.join(sorted(found.places)[:5]))}", tuple(found.examples))

    def _look(self, place: str, block: bytes, start: int, found: _Findings, show: Callable[[Any], str]) -> None:
        for kind, form in self.forms.items():
            if not form.may_be_in(block):
                continue
            for match in form.expression.finditer(block):
                if match.end() <= start or not form.test(match[0]):  # all of it was in the block before
                    continue
                found.counts[kind] += 1
                found.places.add(place)
                if len(found.examples) < MOST_EXAMPLES:
                    found.examples.append(f"{printable(place)}: {kind} {show(match[0].decode('utf-8', 'replace'))}")


def _blocks(path: Path, form: TableFormat) -> Iterator[tuple[str, bytes, int]]:
    """Place, some bytes, and how many of them were there before."""
    if is_archive(path):
        with unpacked(path) as folder:
            for name in members(folder):
                for _, block, start in _blocks(folder / name, form):
                    yield f"{path.name}/{name}", block, start
    elif path.suffix.lower() == ".parquet":
        for piece in stream([path], form):
            for name in piece.batch.schema.names:
                if kind_of(piece.batch.schema.field(name).type) not in ("number", "boolean", "timestamp", "null"):
                    yield path.name, _joined(as_text(piece.column(name))), 0
    else:
        yield from _bytes(path)


def _joined(values: Any) -> bytes:
    """Texts as lines."""
    import pyarrow as pa
    import pyarrow.compute as pc

    lines = pa.ListArray.from_arrays([0, len(values)], values.fill_null(""))
    found: bytes = pc.binary_join(lines, pa.scalar("\n", values.type)).cast(pa.large_binary())[0].as_py()
    return found


def _bytes(path: Path) -> Iterator[tuple[str, bytes, int]]:
    import pyarrow as pa

    rest = b""
    try:
        with pa.input_stream(str(path), compression="detect") as stream_of_bytes:
            while block := stream_of_bytes.read(_BLOCK_BYTES):
                if not rest and b"\x00" in block[:8192]:  # no text: chance finds anything in compressed bytes
                    return
                yield path.name, rest + block, len(rest)
                rest = block[-_OVERLAP_BYTES:]
    except OSError as error:
        raise UnreadableDataError(f"{printable(path.name)} is not readable: {error}") from error
