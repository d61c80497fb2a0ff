"""How data flow through a pipeline: who wrote what, who reads it, and what is different from last time."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from cursus_readiness.model.base import Bytes, Model
from cursus_readiness.model.finding import Finding


class NodeKind(StrEnum):
    """What data come from or go to."""

    SOURCE = "source"
    STEP = "step"


class FlowNode(Model):
    """A step, or data that a source has served.

    ``name`` is that of the step, or the URI of the data. Rows are those of all tables that it read and wrote; ``None``
    when they were not all counted, or there is no table.
    """

    name: str
    kind: NodeKind
    detail: str = Field(default="", description="The type of the step, or what served the data.")
    status: str | None = Field(default=None, description="How the step ended.")
    rows_read: int | None = Field(default=None, ge=0)
    rows_written: int | None = Field(default=None, ge=0)

    @property
    def kept_ratio(self) -> float | None:
        """Rows written for each row that was read; ``None`` where one of them is not known."""
        if not self.rows_read or self.rows_written is None:
            return None
        return self.rows_written / self.rows_read


class ChangeKind(StrEnum):
    """What can be different about the tables of an output."""

    MISSING_TABLE = "missing_table"
    NEW_TABLE = "new_table"
    FORMAT = "format"
    DROPPED_COLUMN = "dropped_column"
    ADDED_COLUMN = "added_column"
    RETYPED_COLUMN = "retyped_column"
    REORDERED_COLUMNS = "reordered_columns"
    ROWS = "rows"


class TableChange(Model):
    """One difference from last time. ``before`` and ``now`` are types, formats or numbers of rows, as text."""

    kind: ChangeKind
    table: str
    columns: tuple[str, ...] = ()
    before: str | None = None
    now: str | None = None
    message: str


class Comparison(StrEnum):
    """What became of the comparison of an edge with last time."""

    UNCHANGED = "unchanged"
    CHANGED = "changed"
    NEW = "new"
    NOT_COMPARED = "not_compared"


class FlowEdge(Model):
    """Data that go from one node to another.

    Figures are those of what was written (``None``: not known); the columns of each table stand with the output of the
    producing step, or with the input of the consuming one where a source served it.
    """

    producer: str
    output: str | None = Field(default=None, description="None: it comes from a source.")
    consumer: str
    input: str
    uri: str
    file_count: int | None = Field(default=None, ge=0)
    size_bytes: Bytes | None = None
    table_count: int | None = Field(default=None, ge=0)
    row_count: int | None = Field(default=None, ge=0)
    column_count: int | None = Field(default=None, ge=0, description="Of the widest table.")
    is_partial: bool = Field(default=False, description="Not all rows were read to describe it.")
    comparison: Comparison = Comparison.NOT_COMPARED
    changes: tuple[TableChange, ...] = ()


class DataFlow(Model):
    """The data flow of one scenario. ``compared_with`` names the run or baseline that it was compared with."""

    nodes: tuple[FlowNode, ...] = ()
    edges: tuple[FlowEdge, ...] = ()
    compared_with: str | None = None
    findings: tuple[Finding, ...] = ()
