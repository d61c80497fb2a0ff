"""A schema like a sample of real data, from statistics alone.

What comes out of a sample holds for ``LEAST_ROWS`` of its rows or more: a value of a category that fewer rows have is
pooled, a quantile is the mean of as many neighbours, smallest and largest values are never told, and identifiers and
free texts are told by their form only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from math import log10
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cursus_readiness.definitions.model import hint
from cursus_readiness.sources.base import SourceError
from cursus_readiness.sources.generation.correlation import factored
from cursus_readiness.sources.generation.label_fit import fitted_label
from cursus_readiness.sources.generation.sample import first_rows
from cursus_readiness.sources.generation.streams import Floats
from cursus_readiness.sources.tables import form_of

LEAST_ROWS = 20
_MOST_CATEGORIES = 50
_MOST_CORRELATED = 60
_QUANTILES = 21
_OTHER = "other"
_UUID = r"^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$"

_ID_NAME = re.compile(r"(^|[_. -])(id|ID|Id)([_. -]|$)|[a-z]I[dD]$")


def inferred(path: Path, label: str | None = None) -> dict[str, Any]:
    """The fields of a schema whose tables are like the sample; ``label`` is the column that others tell something of.

    Raises SourceError for a sample that cannot be read, that has too few rows to say anything without telling of
    single ones, and that has no such column.
    """
    try:
        facts = path.stat()
    except OSError as error:
        raise SourceError(f"{path}: {error.strerror}") from error
    return _inferred(path, label, facts.st_mtime_ns, facts.st_size)


@lru_cache(maxsize=64)
def _inferred(path: Path, label: str | None, mtime_ns: int, size_bytes: int) -> dict[str, Any]:  # noqa: ARG001 - of that state
    form = form_of(path.name)
    assert form is not None  # noqa: S101 - asked before
    table, has_header = first_rows(path, form)
    if table.num_rows < LEAST_ROWS:
        raise SourceError(f"{path} has {table.num_rows} rows; a sample of {LEAST_ROWS} or more can be imitated")
    if twice := [name for name in table.column_names if table.column_names.count(name) > 1]:
        raise SourceError(f"{path} has two columns named {twice[0]!r}")
    if label is not None and label not in table.column_names:
        raise SourceError(f"{path} has no column {label!r} to be the label{hint(label, table.column_names)}")
    columns = {name: _column(name, table.column(name).combine_chunks()) for name in table.column_names if name != label}
    fields: dict[str, Any] = {"format": form.kind, "columns": columns, "gzip": form.is_gzip, "header": has_header}
    matrix = _correlations(
        {name: _latent(table.column(name)) for name, found in columns.items() if "quantiles" in found}
    )
    if matrix:
        fields["correlations"] = [matrix]
    if label is not None:
        fields["label"] = {**fitted_label(table, label, columns, LEAST_ROWS), "name": label}
    return fields


def _column(name: str, values: Any) -> dict[str, Any]:
    """What is declared of a column like this."""
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    known = values.drop_null()
    gaps = {"missing_ratio": round(values.null_count / len(values), 2)} if values.null_count else {}
    if gaps.get("missing_ratio", 0) >= 1 or len(known) < LEAST_ROWS:
        return {"type": "constant", "value": "", "missing_ratio": 0.99}
    kind = known.type
    if pa.types.is_boolean(kind):
        return {"type": "boolean", "true_ratio": round(pc.mean(known.cast(pa.int8())).as_py(), 2), **gaps}
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        return {**_instants(known), **gaps}
    if pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_decimal(kind):
        return _number(name, known, gaps)
    if pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_time(kind):
        return {"type": "constant", "value": "", **gaps}
    return _text(known.cast(pa.string()), gaps)


def _number(name: str, known: Any, gaps: Mapping[str, float]) -> dict[str, Any]:
    is_whole = pa.types.is_integer(known.type)
    distinct = pc.count_distinct(known).as_py()
    if is_whole and distinct <= _MOST_CATEGORIES and (common := _common(known)) and _OTHER not in common:
        return {"type": "category", "values": common, **gaps}
    if is_whole and distinct == len(known) and _ID_NAME.search(name):
        return {"type": "id", "form": "number"}
    values = np.sort(known.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False))
    values = values[np.isfinite(values)]
    if len(values) < LEAST_ROWS:
        return {"type": "constant", "value": 0.0, "missing_ratio": 0.99}
    quantiles, decimals = _quantiles(values, is_whole=is_whole)
    kind = {"type": "integer"} if is_whole else {"type": "number", "decimals": decimals}
    return {**kind, "quantiles": quantiles, **gaps}


def _quantiles(values: Floats, *, is_whole: bool) -> tuple[list[float], int]:
    """Means of neighbouring rows at even steps, rounded to a hundredth of the middle half; and to how many decimals.

    The outermost rows are left out: a single one that is far off would be seen in a mean.
    """
    left_out = min(LEAST_ROWS // 2, (len(values) - LEAST_ROWS) // 2)
    values = values[left_out : len(values) - left_out]
    starts = np.linspace(0, len(values) - LEAST_ROWS, _QUANTILES).astype(int)
    sums = np.concatenate(([0.0], np.cumsum(values)))
    means = (sums[starts + LEAST_ROWS] - sums[starts]) / LEAST_ROWS
    quarter = _QUANTILES // 4
    spread = float(means[-1 - quarter] - means[quarter]) or float(means[-1] - means[0]) or abs(float(means[0])) or 1.0
    decimals = int(np.clip(2 - np.floor(log10(spread)), -9, 12))
    rounded = np.round(means, min(decimals, 0) if is_whole else decimals) + 0.0
    return [float(value) for value in np.maximum.accumulate(rounded)], max(decimals, 0)


def _instants(known: Any) -> dict[str, Any]:
    is_date = pa.types.is_date(known.type)
    days = np.sort(known.cast(pa.timestamp("s"), safe=False).cast(pa.int64()).to_numpy()) // 86_400
    first, last = (int(np.floor(part.mean())) for part in (days[:LEAST_ROWS], days[-LEAST_ROWS:]))
    low, high = (np.datetime64(day, "D").astype(str) for day in (first, last))
    return {"type": "date" if is_date else "datetime", "low": str(low), "high": str(high)}


def _text(known: Any, gaps: Mapping[str, float]) -> dict[str, Any]:
    distinct = pc.count_distinct(known).as_py()
    if pc.all(pc.match_substring_regex(known, _UUID)).as_py():
        return {"type": "id", "form": "uuid"}
    common = _common(known)
    if common and common.get(_OTHER, 0) <= 0.2 and len(common) <= _MOST_CATEGORIES + 1:
        return {"type": "category", "values": common, **gaps}
    words = np.sort(pc.add(pc.count_substring(known, " "), 1).to_numpy())
    few, many = (round(part.mean()) for part in (words[:LEAST_ROWS], words[-LEAST_ROWS:]))
    if distinct > 0.95 * len(known) and many == 1:
        return {"type": "id"}
    return {"type": "text", "least_words": min(max(few, 1), 200), "most_words": min(max(many, 1), 200), **gaps}


def _common(known: Any) -> dict[str, float]:
    """The values that enough rows have, with their shares; the others, if there are any, in one."""
    counts = pc.value_counts(known)
    pairs = zip(counts.field(0).to_pylist(), counts.field(1).to_pylist(), strict=True)
    common = {str(value): count for value, count in pairs if count >= LEAST_ROWS}
    if not common:
        return {}
    shares = {value: max(round(count / len(known), 3), 0.001) for value, count in sorted(common.items())}
    rest = len(known) - sum(common.values())
    return {**shares, _OTHER: max(round(rest / len(known), 3), 0.001)} if rest else shares


def _latent(column: Any) -> Floats:
    """The ranks of a column as normal variables, gaps in the middle."""
    values = column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    is_known = np.isfinite(values)
    ranks = np.zeros(len(values))
    known = values[is_known]
    order = np.argsort(known, kind="stable")
    placed = np.empty(len(known))
    placed[order] = np.arange(len(known))
    ranks[is_known] = placed / max(len(known) - 1, 1) - 0.5
    return ranks


def _correlations(latent: Mapping[str, Floats]) -> dict[str, Any] | None:
    """How numbers go together, to a twentieth; the smaller ones left out."""
    if len(latent) < 2:
        return None
    with np.errstate(invalid="ignore", divide="ignore"):  # a column that is always the same goes with no other
        found = np.nan_to_num(np.corrcoef(np.array(list(latent.values()))))
    found = np.round(np.where(np.abs(found) < 0.1, 0, found) * 20) / 20
    np.fill_diagonal(found, 1)
    kept = np.flatnonzero((found != 0).sum(axis=1) > 1)[:_MOST_CORRELATED]
    if len(kept) < 2:
        return None
    found, names = found[np.ix_(kept, kept)], [list(latent)[index] for index in kept]
    found = np.maximum(found, found.T)
    while factored(found.tolist()) is None:
        found = np.where(np.eye(len(found)), 1, found * 0.9)
    return {"columns": names, "matrix": np.round(found, 6).tolist()}
