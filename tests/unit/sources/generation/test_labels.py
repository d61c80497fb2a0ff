"""What can be learned of labels, by plain models that are fitted here."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from synthetic_tables import NUMBER, a_schema, auc, draw_table, explained, logistic_scores, numbers

FEATURES = {"a": NUMBER, "b": {"type": "number", "low": 0, "high": 5}, "noise": NUMBER}


def a_table(rows: int = 20_000, columns: dict[str, Any] | None = None, **label: Any) -> Any:
    declared = {"name": "y", "weights": {"a": 1, "b": -0.7}, **label}
    return draw_table(a_schema(rows=rows, columns=columns or FEATURES, label=declared))


@pytest.mark.parametrize(
    ("strength", "positive_ratio", "expected"),
    [(0, 0.5, 0.5), (0.5, 0.5, 0.63), (1, 0.5, 0.74), (2, 0.5, 0.86), (3, 0.5, 0.92), (2, 0.1, 0.88), (3, 0.1, 0.94)],
)
def test_a_logistic_regression_learns_what_the_documentation_says(
    strength: float, positive_ratio: float, expected: float
) -> None:
    table = a_table(rows=40_000, strength=strength, positive_ratio=positive_ratio)
    features, label = numbers(table, *FEATURES), table.column("y").to_numpy()
    scores = logistic_scores(features[:20_000], label[:20_000], features[20_000:])
    assert auc(scores, label[20_000:]) == pytest.approx(expected, abs=0.02)
    assert label.mean() == pytest.approx(positive_ratio, abs=0.01)


@pytest.mark.parametrize(("strength", "expected"), [(0, 0), (0.5, 0.2), (1, 0.5), (2, 0.8)])
def test_a_linear_regression_explains_what_the_documentation_says(strength: float, expected: float) -> None:
    table = a_table(task="regression", strength=strength, mean=100, std=20)
    target = table.column("y").to_numpy()
    assert explained(numbers(table, *FEATURES), target) == pytest.approx(expected, abs=0.03)
    assert (target.mean(), target.std()) == (pytest.approx(100, rel=0.02), pytest.approx(20, rel=0.03))


def test_classes_have_their_frequencies_and_go_up_with_the_signal() -> None:
    table = a_table(task="multiclass", strength=3, classes={"low": 5, "middle": 3, "high": 2}, weights={"a": 1})
    classes, signal = np.array(table.column("y").to_pylist()), table.column("a").to_numpy()
    shares = [np.mean(classes == name) for name in ("low", "middle", "high")]
    assert shares == pytest.approx([0.5, 0.3, 0.2], abs=0.02)
    means = [signal[classes == name].mean() for name in ("low", "middle", "high")]
    assert means == sorted(means)
    assert means[2] - means[0] > 1.8


def test_two_classes_are_as_hard_as_a_binary_label() -> None:
    table = a_table(task="multiclass", strength=2, classes={"no": 1, "yes": 1}, weights={"a": 1})
    is_yes = np.array(table.column("y").to_pylist()) == "yes"
    assert auc(table.column("a").to_numpy(), is_yes) == pytest.approx(0.86, abs=0.02)


def test_classes_that_are_whole_numbers_are_written_as_such() -> None:
    assert set(a_table(rows=200, task="multiclass", classes={0: 1, 1: 1, 2: 1}).column("y").to_pylist()) == {0, 1, 2}


def test_categories_and_booleans_tell_something_of_a_label() -> None:
    columns = {"kind": {"type": "category", "values": {"x": 1, "y": 1}}, "flag": {"type": "boolean"}}
    table = a_table(columns=columns, weights={"kind": {"x": 1}, "flag": 0.5}, strength=3)
    label, kinds = table.column("y").to_numpy(), np.array(table.column("kind").to_pylist())
    flags = np.array(table.column("flag").to_pylist())
    assert label[kinds == "x"].mean() - label[kinds == "y"].mean() > 0.4
    assert label[flags].mean() > label[~flags].mean()


def test_a_label_of_nothing_is_chance() -> None:
    table = a_table(weights={}, positive_ratio=0.25)
    assert table.column("y").to_numpy().mean() == pytest.approx(0.25, abs=0.02)
    assert auc(table.column("a").to_numpy(), table.column("y").to_numpy()) == pytest.approx(0.5, abs=0.02)


def test_a_label_may_stand_first() -> None:
    assert a_table(rows=5, position="first").column_names == ["y", *FEATURES]


def test_correlated_columns_leave_the_strength_as_it_is() -> None:
    label = {"name": "y", "strength": 2, "weights": {"a": 1, "noise": 1}}
    groups = [{"loadings": {"a": 0.9, "noise": 0.9}}]
    table = draw_table(a_schema(rows=20_000, columns=FEATURES, label=label, correlations=groups))
    assert auc(numbers(table, "a", "noise").sum(axis=1), table.column("y").to_numpy()) == pytest.approx(0.86, abs=0.02)


@pytest.mark.parametrize(
    ("label", "message"),
    [
        ({"task": "multiclass"}, "needs classes"),
        ({"classes": {"a": 1, "b": 1}}, "task 'binary' has no classes"),
        ({"task": "regression", "positive_ratio": 0.1}, "task 'regression' has no positive_ratio"),
        ({"task": "multiclass", "classes": {"a": 1}}, "at least 2 items"),
        ({"task": "ranking"}, "label.task"),
        ({"strength": -1}, "label.strength"),
    ],
)
def test_a_label_that_cannot_be_is_refused(label: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        a_table(**label)
