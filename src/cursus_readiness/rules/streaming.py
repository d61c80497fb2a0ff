"""One pass over the files of a target for everything that its rules want to know."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from cursus_readiness.objectstore.files import printable
from cursus_readiness.rules.base import UnreadableDataError
from cursus_readiness.rules.reading import MisfitError, Piece, TableFormat, pieces


class Taking(Protocol):
    """A measure while rows stream by."""

    def add(self, piece: Piece) -> None:
        """Take what is wanted of some rows."""
        ...

    def result(self) -> Any:
        """What was found, after the last row."""
        ...


class Measure(Protocol):
    """Something to be found out about a table in one pass; hashable, so that rules that want the same share it."""

    def start(self) -> Taking:
        """Begin a pass."""
        ...


@dataclass(frozen=True, slots=True)
class Need:
    """What a check will ask for: a measure of its own files, or of those that ``of`` refers to."""

    measure: Measure
    of: str | None = None


def stream(files: Iterable[Path], form: TableFormat) -> Iterator[Piece]:
    """The rows of files that a pass has read without fault, once more."""
    wider: dict[str, Any] = {}
    for path in files:
        rows, is_read = 0, False
        while not is_read:
            try:
                for piece in pieces(path, form, wider):
                    if piece.first_row >= rows:
                        yield piece
                        rows += piece.batch.num_rows
                is_read = True
            except MisfitError as misfit:
                wider[misfit.column] = misfit.arrow_type


def take(files: Iterable[Path], form: TableFormat, measures: Collection[Measure]) -> dict[Measure, Any]:
    """Read the files once and give each measure all rows.

    The types of a CSV file are guessed from its first block. Where a later one does not fit, all is read again with a
    wider type for that column: whole numbers, numbers, text.
    Raises UnreadableDataError for a file that is not what its name says; the result of a measure that cannot work with
    the values is one.
    """
    wider: dict[str, Any] = {}
    while True:
        takings = {measure: measure.start() for measure in measures}
        failed: dict[Measure, Any] = {}
        try:
            for path in files:
                for piece in pieces(path, form, wider):
                    for measure in takings.keys() - failed.keys():
                        _add(takings[measure], piece, measure, failed)
        except MisfitError as misfit:
            wider[misfit.column] = misfit.arrow_type
        else:
            return {measure: failed.get(measure) or taking.result() for measure, taking in takings.items()}


def _add(taking: Taking, piece: Piece, measure: Measure, failed: dict[Measure, Any]) -> None:
    """Give some rows to a measure; values that it cannot work with end it, and no other."""
    import pyarrow as pa

    try:
        taking.add(piece)
    except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
        name = printable(piece.path.name)
        failed[measure] = UnreadableDataError(f"{name}: its values cannot be judged ({type(error).__name__})")
