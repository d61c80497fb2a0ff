"""What columns and labels are, in words."""

from __future__ import annotations

from cursus_readiness.sources.generation.columns import (
    TOLD_BY,
    BooleanColumn,
    CategoryColumn,
    Column,
    ConstantColumn,
    DateColumn,
    DatetimeColumn,
    IdColumn,
    NumberColumn,
    TextColumn,
)
from cursus_readiness.sources.generation.schema import LabelColumn


def told(column: Column) -> str:
    """The distribution of a column, in words."""
    match column:
        case NumberColumn():
            return _told_number(column)
        case CategoryColumn():
            total = sum(column.values.values())
            shares = [f"{value} {weight / total:.0%}" for value, weight in column.values.items()]
            return ", ".join(shares[:4]) + (f" and {len(shares) - 4} more" if len(shares) > 4 else "")
        case BooleanColumn():
            words = f"true {column.true_ratio:.0%}"
        case DateColumn() | DatetimeColumn():
            words = f"{column.low} to {column.high}" + (", ascending" if column.order == "ascending" else "")
        case IdColumn():
            words = column.form
        case ConstantColumn():
            words = f"always {column.value}"
        case TextColumn():
            words = f"{column.least_words} to {column.most_words} words"
    return words


def _told_number(column: NumberColumn) -> str:
    if column.quantiles:
        middle = column.quantiles[len(column.quantiles) // 2]
        return f"quantiles {column.quantiles[0]:g}, {middle:g}, {column.quantiles[-1]:g}"
    told_by = [getattr(column, name) for name in TOLD_BY[column.distribution] if name not in ("low", "high")]
    parameters = " and ".join(f"{value:g}" for value in told_by)
    low = "" if column.low is None else f"from {column.low:g}"
    high = "" if column.high is None else f"to {column.high:g}"
    return " ".join(filter(None, (column.distribution, parameters, low, high)))


def told_label(label: LabelColumn) -> str:
    """What a label is, in words."""
    share = {
        "binary": f"{label.positive_ratio:.0%} positive",
        "multiclass": f"{len(label.classes or ())} classes",
        "regression": f"{label.mean:g} and {label.std:g}",
    }
    return f"{label.task}, {share[label.task]}, strength {label.strength:g}"
