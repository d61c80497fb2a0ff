"""What the tables of a folder are like: read once, within a budget, and nothing of their content kept."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from cursus_readiness.model.table import ColumnRecord, TableRecord
from cursus_readiness.objectstore.files import printable
from cursus_readiness.rules.base import UnreadableDataError
from cursus_readiness.rules.no_personal_data import FORMS
from cursus_readiness.rules.reading import NAMELESS, PLAIN, MisfitError, TableFormat, first_row, format_of, pieces
from cursus_readiness.rules.table import ColumnProfile, Profiling, TableProfile
from cursus_readiness.units import MIB, one_line

READ_BYTES = 64 * MIB
READ_S = 5.0
READ_FILES = 200  # of each table
MOST_TABLES = 50
MOST_COLUMNS = 500
_LONGEST_NAME = 200
_LONGEST_TYPE = 100
_SNIFFED_BYTES = 1 << 16
_NUMBERS = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}|\d+")
_PARTITION = re.compile(r"[^/=]+=[^/]*/")
_ABOUT_PEOPLE = re.compile(
    r"(?:^|_)(?:ssn|social_security|tax_id|passport|licen[cs]e|birth|birthday|birthdate|dob|phone|mobile|fax|zip|"
    r"zipcode|postal_code|postcode|salary|income|wage|iban|card|card_number|account|account_number|lat|latitude|lon|"
    r"lng|longitude|ip|customer_id|user_id|person_id|patient_id|member_id|employee_id)(?:_|$)"
)
_LARGEST_PLAIN_NUMBER = 10**8  # what has nine digits or more may be a number of a person, a card or a phone


@dataclass(slots=True)
class Budget:
    """What may be read of all tables together: ``monotonic`` is asked for the time."""

    monotonic: Callable[[], float]
    left_bytes: int = READ_BYTES
    time_s: float = READ_S
    _until_s: float = field(init=False)

    def __post_init__(self) -> None:
        self._until_s = self.monotonic() + self.time_s

    @property
    def is_spent(self) -> bool:
        """Whether no more rows are to be read."""
        return self.left_bytes <= 0 or self.monotonic() >= self._until_s


def table_records(
    files: Iterable[tuple[str, Path]], forms: Mapping[Path, TableFormat], budget: Budget
) -> tuple[TableRecord, ...]:
    """The tables among regular files, given by their path below a folder, in its order; at most 50.

    Never raises because of what is in a file: what cannot be read is the table's ``problem``. ``forms`` says how files
    are written, of those that somebody has said it of.
    """
    tables: dict[str, list[Path]] = {}
    for relative, path in files:
        if _is_table(relative, path):
            tables.setdefault(_table_name(relative), []).append(path)
    named = dict(islice(tables.items(), MOST_TABLES))
    sizes = {name: [_size(path) for path in found] for name, found in named.items()}
    smallest_first = sorted(named, key=lambda name: sum(sizes[name]))  # so that a large one costs no other its figures
    records = {name: _record(name, named[name], sizes[name], forms, budget) for name in smallest_first}
    return tuple(records[name] for name in named)


def _is_table(relative: str, path: Path) -> bool:
    if any(part.startswith((".", "_")) for part in relative.split("/")):  # what Spark and others keep beside their data
        return False
    written = format_of(path)
    return bool(written) and (written != "json" or _has_lines(path))


def _has_lines(path: Path) -> bool:
    """Whether a ``.json`` file has a row on each line, and is not one document."""
    try:
        with path.open("rb") as file:
            first, newline, rest = file.read(_SNIFFED_BYTES).partition(b"\n")
        return bool(newline) and rest.lstrip().startswith(b"{") and isinstance(json.loads(first), dict)
    except (OSError, ValueError, RecursionError):
        return False


def _table_name(relative: str) -> str:
    """The path of a file without what tells the parts of one table apart: numbers, and partitions by key."""
    folder, slash, name = _PARTITION.sub("*/", relative).rpartition("/")
    folder = re.sub(r"(?:\*/)+", "*/", folder + slash)
    return printable(one_line(folder + _NUMBERS.sub("*", name)))


def _record(
    name: str, files: list[Path], sizes: list[int], forms: Mapping[Path, TableFormat], budget: Budget
) -> TableRecord:
    first = files[0]
    form = forms.get(first, PLAIN)
    if form == PLAIN and _lacks_header(first):
        form = NAMELESS
    reading = _Reading(form, budget)
    for path, size in islice(zip(files, sizes, strict=True), READ_FILES):
        reading.take(path, size)
    found, problems = reading.profiling.result(), reading.problems
    if not problems and found.problems:
        problems = found.problems[:1]
    return TableRecord(
        path=name,
        format=_spoken(format_of(first)),
        file_count=len(files),
        size_bytes=sum(sizes),
        row_count=found.row_count if reading.is_whole and reading.file_count == len(files) else None,
        read_file_count=found.file_count,
        read_row_count=found.row_count,
        column_count=len(found.columns),
        columns=tuple(_columns(found)),
        has_header=form.has_names and not form.names,
        problem=problems[0] if problems else None,
    )


def _spoken(written: str) -> str:
    return "jsonl" if written == "json" else written


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


class _Reading:
    """The files of one table, one after the other, as far as the budget goes."""

    def __init__(self, form: TableFormat, budget: Budget) -> None:
        self.profiling = Profiling()
        self.problems: list[str] = []
        self.file_count = 0
        self.is_whole = True
        self._form = form
        self._budget = budget
        self._wider: dict[str, Any] = {}

    def take(self, path: Path, size_bytes: int) -> None:
        """Read a file, unless the budget is used up."""
        if self._budget.is_spent:
            self.is_whole = False
            return
        self.file_count += 1
        if not size_bytes:
            self._fault(f"{printable(path.name)} is empty", is_whole=True)
            return
        try:
            while not self._read(path):
                self.profiling.forget_file()
        except UnreadableDataError as error:
            self.profiling.forget_file()
            self._fault(str(error))

    def _read(self, path: Path) -> bool:
        """Take the rows of a file; ``False`` when it is to be read again, with a wider type for one of its columns."""
        import pyarrow as pa

        try:
            for piece in pieces(path, self._form, self._wider):
                self.profiling.add(piece)
                self._budget.left_bytes -= piece.batch.nbytes
                if self._budget.is_spent:
                    self.is_whole = False
                    return True
        except MisfitError as misfit:
            self._wider[misfit.column] = misfit.arrow_type
            return False
        except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
            name = printable(path.name)
            raise UnreadableDataError(f"{name}: its values cannot be read ({type(error).__name__})") from error
        return True

    def _fault(self, problem: str, *, is_whole: bool = False) -> None:
        self.problems.append(problem)
        self.is_whole = self.is_whole and is_whole


def _lacks_header(path: Path) -> bool:
    """Whether the first line of a CSV file looks like values: names of columns would be what nobody may see."""
    return format_of(path) in ("csv", "tsv") and looks_like_values(first_row(path))


def looks_like_values(names: list[str]) -> bool:
    """Whether the names of columns are rather the values of a row."""
    if any(form.expression.search(name.encode("utf-8", "replace")) for name in names for form in FORMS.values()):
        return True
    numbers = [name for name in names if _is_number(name)]
    if not numbers or _are_positions(numbers) or all(re.fullmatch(r"(?:19|20)\d\d", name) for name in numbers):
        return False
    return len(numbers) * 2 >= len(names) or len(set(names)) < len(names) or any("." in name for name in numbers)


def _are_positions(names: list[str]) -> bool:
    """0, 1, 2: what pandas calls columns that nobody has named."""
    return any(names == [str(start + index) for index in range(len(names))] for start in (0, 1))


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _columns(table: TableProfile) -> Iterator[ColumnRecord]:
    for name, column in islice(table.columns.items(), MOST_COLUMNS):
        low, high = _plain(column.low), _plain(column.high)
        is_masked = low is not None and _may_be_personal(name, column)
        has_texts = column.shortest_bytes is not None
        yield ColumnRecord(
            name=printable(one_line(name))[:_LONGEST_NAME],
            dtype=column.kind if len(column.kind) <= _LONGEST_TYPE else f"{column.kind[:_LONGEST_TYPE]}...",
            null_count=column.null_count,
            low=None if is_masked else low,
            high=None if is_masked else high,
            is_masked=is_masked,
            shortest_bytes=column.shortest_bytes,
            longest_bytes=column.longest_bytes if has_texts else None,
        )


def _may_be_personal(name: str, column: ColumnProfile) -> bool:
    """By the words in its name, or because its whole numbers are as long as those that people have."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[^0-9A-Za-z]+", "_", name).lower()
    if _ABOUT_PEOPLE.search(words):
        return True
    return column.kind == "integer" and max(abs(column.low), abs(column.high)) >= _LARGEST_PLAIN_NUMBER


def _plain(value: Any) -> int | float | str | None:
    """A number, or a date or time as text; nothing for what JSON cannot hold."""
    if value is None or isinstance(value, int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    try:
        number = float(value)  # a decimal
    except (TypeError, ValueError, OverflowError):
        return str(value)
    return number if math.isfinite(number) else None
