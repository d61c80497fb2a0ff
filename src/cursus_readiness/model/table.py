"""What a table was like: what is kept of the tables that steps read and write, and nothing of their content."""

from __future__ import annotations

from pydantic import Field

from cursus_readiness.model.base import Bytes, Model


class ColumnRecord(Model):
    """One column. Its smallest and largest value are kept of numbers, dates and times (as text), never of texts."""

    name: str
    dtype: str = Field(description="integer, number, string, boolean, timestamp, null, mixed, or an Arrow type.")
    null_count: int = Field(ge=0, description="Empty values and NaN, among the rows that were read.")
    low: int | float | str | None = None
    high: int | float | str | None = None
    is_masked: bool = Field(default=False, description="Its values could be about people: low and high are kept back.")
    shortest_bytes: Bytes | None = Field(default=None, description="Of texts.")
    longest_bytes: Bytes | None = None


class TableRecord(Model):
    """Files of one format in one folder, whose names differ in nothing but numbers.

    ``path`` is below the output, with ``*`` for the numbers. ``row_count`` is ``None`` when not all rows were read (see
    ``read_file_count`` and ``read_row_count``); the columns are then those of the rows that were.
    """

    path: str
    format: str
    file_count: int = Field(ge=1)
    size_bytes: Bytes
    row_count: int | None = Field(ge=0)
    read_file_count: int = Field(ge=0)
    read_row_count: int = Field(ge=0)
    column_count: int = Field(ge=0)
    columns: tuple[ColumnRecord, ...] = Field(description="In their order; the first 500.")
    has_header: bool = Field(default=True, description="False: a CSV file without names; columns are f0, f1, ...")
    problem: str | None = Field(default=None, description="What could not be read, or does not fit together.")

    @property
    def is_partial(self) -> bool:
        """Whether not all of it was read."""
        return self.row_count is None

    @property
    def has_all_columns(self) -> bool:
        """Whether its columns are known, and all of them."""
        return self.read_file_count > 0 and self.column_count == len(self.columns)
