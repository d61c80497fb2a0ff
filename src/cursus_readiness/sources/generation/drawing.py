"""Draw a declared table, block by block."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cursus_readiness.sources.generation.columns import (
    BooleanColumn,
    CategoryColumn,
    Column,
    DateColumn,
    DatetimeColumn,
    IdColumn,
    NumberColumn,
    TextColumn,
)
from cursus_readiness.sources.generation.marginals import Marginal, cumulated
from cursus_readiness.sources.generation.schema import Drift, TableSchema
from cursus_readiness.sources.generation.signal import Drawn, LabelModel, values_of
from cursus_readiness.sources.generation.streams import BLOCK_ROWS, Floats, stream
from cursus_readiness.sources.generation.texts import sequence, texts, uuids

_REFERENCE_ROWS = 20_000
_PLAIN = Drift()
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class _Block:
    """Some rows: where their random numbers come from, the first of them in the part, and counted over all parts."""

    place: tuple[str | int, ...]
    first_row: int
    first_id: int
    rows: int

    def stream(self, *what: str | int) -> np.random.Generator:
        return stream(*self.place, *what)


class TableDrawer:
    """Draws the rows of a table, or of one of its parts.

    ``part`` keeps the random numbers of different parts apart; their identifiers go on from ``first_id``, written as
    wide as ``last_id`` needs.
    """

    def __init__(self, schema: TableSchema, part: str = "", first_id: int = 0, last_id: int | None = None) -> None:
        self._schema = schema
        self._part = part
        self._first_id = first_id
        self._last_id = first_id + schema.rows if last_id is None else last_id
        self._marginals = {
            name: Marginal(column, self._drift(name))
            for name, column in schema.columns.items()
            if isinstance(column, NumberColumn)
        }
        self._factors = [(group.names, group.factor()) for group in schema.correlations]
        self._salt = int(stream(schema.seed, part, "uuid").integers(2**48))
        self._model = self._label_model() if schema.label else None

    def blocks(self) -> Iterator[pa.Table]:
        """The table in blocks of rows, each drawn when it is asked for."""
        for index, first in enumerate(range(0, self._schema.rows, BLOCK_ROWS)):
            rows = min(BLOCK_ROWS, self._schema.rows - first)
            place = (self._schema.seed, self._part, index)
            yield self._table(_Block(place, first, self._first_id + first, rows))

    def table(self) -> pa.Table:
        """All rows at once."""
        return pa.concat_tables(self.blocks()).combine_chunks()

    def _table(self, block: _Block) -> pa.Table:
        schema, numbers = self._schema, self._numbers(block)
        arrays: dict[str, pa.Array] = {}
        drawn: dict[str, Drawn] = {"": np.zeros(block.rows)}  # so many rows, even where no column can be weighed
        for name, column in schema.columns.items():
            arrays[name], known = self._column(name, column, block, numbers)
            if known is not None:
                drawn[name] = known
        if schema.label and self._model:
            arrays[schema.label.name] = self._model.draw(drawn, block.stream("", "label"))
        return pa.table({name: arrays[name] for name in schema.column_names()})

    def _drift(self, name: str) -> Drift:
        return self._schema.drift.get(name, _PLAIN)

    def _numbers(self, block: _Block) -> dict[str, Floats]:
        """The numbers that correlate with others."""
        found: dict[str, Floats] = {}
        for index, (names, factor) in enumerate(self._factors):
            shared = [
                block.stream("", "group", index, item).standard_normal(block.rows) for item in range(len(factor[0]))
            ]
            for name, row in zip(names, factor, strict=True):
                latent = np.zeros(block.rows)
                for weight, values in zip(row, shared, strict=True):
                    if weight:
                        latent += weight * values
                found[name] = self._marginals[name].of_normal(latent)
        return found

    def _column(
        self, name: str, column: Column, block: _Block, numbers: dict[str, Floats]
    ) -> tuple[pa.Array, Drawn | None]:
        """A column as it is written, and as the label sees it: before values go missing."""
        random = block.stream(name, "values")
        if isinstance(column, IdColumn):
            return self._ids(column, block, random), None
        known: Drawn | None = None
        if isinstance(column, NumberColumn):
            values = numbers[name] if name in numbers else self._marginals[name].values(random, block.rows)
            known = values
            array = pa.array(values.astype(np.int64) if column.type == "integer" else values)
        elif isinstance(column, CategoryColumn):
            frequencies = self._drift(name).frequencies or column.values
            bounds = cumulated(np.array(list(frequencies.values())))
            codes = np.searchsorted(bounds, random.random(block.rows), side="right")
            known = codes, list(frequencies)
            array = values_of(list(frequencies), codes)
        elif isinstance(column, BooleanColumn):
            truth = random.random(block.rows) < column.true_ratio
            array, known = pa.array(truth), truth.astype(np.float64)
        elif isinstance(column, DateColumn | DatetimeColumn):
            array = self._instants(column, block, random)
        elif isinstance(column, TextColumn):
            array = texts(column, block.rows, random)
        else:
            array = pa.repeat(pa.scalar(column.value), block.rows)
        return self._with_gaps(name, column.missing_ratio, array, block), known

    def _with_gaps(self, name: str, declared: float, array: pa.Array, block: _Block) -> pa.Array:
        drifted = self._drift(name).missing_ratio
        ratio = declared if drifted is None else drifted
        if not ratio:
            return array
        missing = block.stream(name, "missing").random(block.rows) < ratio
        return pc.if_else(pa.array(missing), pa.scalar(None, array.type), array)

    def _ids(self, column: IdColumn, block: _Block, random: np.random.Generator) -> pa.Array:
        first = column.start + block.first_id
        if column.form == "number":
            return pa.array(np.arange(first, first + block.rows))
        if column.form == "uuid":
            return uuids(first, block.rows, random, salt=self._salt)
        return sequence(column.prefix, first, block.rows, len(str(column.start + self._last_id)))

    def _instants(self, column: DateColumn | DatetimeColumn, block: _Block, random: np.random.Generator) -> pa.Array:
        if isinstance(column, DateColumn):
            low, high, step = (column.low - _EPOCH).days, (column.high - _EPOCH).days, column.step_days
        else:
            low, high, step = column.low_s, column.high_s, column.step_s
        share = random.random(block.rows)
        if column.order == "ascending":
            share = (np.arange(block.first_row, block.first_row + block.rows) + share) / self._schema.rows
        steps = np.floor(share * ((high - low) // step + 1)).astype(np.int64)
        kind = pa.date32() if isinstance(column, DateColumn) else pa.timestamp("s")
        return pa.array(low + steps * step).cast(pa.int32() if kind == pa.date32() else pa.int64()).cast(kind)

    def _label_model(self) -> LabelModel:
        """Fitted to rows as they are declared, the same for every seed and part."""
        label = self._schema.label
        assert label is not None  # noqa: S101 - asked for only then
        plain = {name: column for name, column in self._schema.columns.items() if name in label.weights}
        group_names = {name for group in self._schema.correlations for name in group.names}
        correlated = {name: column for name, column in self._schema.columns.items() if name in group_names}
        bare = self._schema.model_copy(update={"columns": {**correlated, **plain}, "label": None, "drift": {}})
        drawer = TableDrawer(bare)
        block = _Block(("reference",), 0, 0, _REFERENCE_ROWS)
        numbers = drawer._numbers(block)
        drawn = {name: drawer._column(name, column, block, numbers)[1] for name, column in plain.items()}
        reference = {name: known for name, known in drawn.items() if known is not None}
        return LabelModel(label, self._drift(label.name), {"": np.zeros(_REFERENCE_ROWS), **reference})
