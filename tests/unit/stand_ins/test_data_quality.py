"""Statistics and constraints of a dataset, and what violates them."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from data_quality import columns_of, compare, constraints, statistics
from hypothesis import given
from hypothesis import strategies as st


def texts(**columns: list[str | None]) -> pd.DataFrame:
    """A table as a CSV file gives it."""
    return pd.DataFrame(columns, dtype=object)


BASE = texts(
    n=[str(number) for number in range(100)],
    x=[str(number / 7) for number in range(100)],
    s=["red", "blue"] * 50,
    gap=[None] * 10 + ["1"] * 90,
)


def baseline(table: pd.DataFrame) -> tuple[dict[str, Any], dict[str, Any]]:
    """Constraints and statistics as they lie in the files."""
    columns = columns_of(table, is_text=True)
    written = json.loads(json.dumps([constraints(columns), statistics(columns)]))
    return written[0], written[1]


def violations_of(table: pd.DataFrame, *, against: pd.DataFrame = BASE, **config: Any) -> dict[str, list[str]]:
    """Column -> the types of its violations."""
    supplied, supplied_statistics = baseline(against)
    supplied["monitoring_config"] |= config
    found, compared_count = compare(columns_of(table, is_text=True), supplied, supplied_statistics)
    assert compared_count == len(against.columns)
    by_column: dict[str, list[str]] = {}
    for item in found:
        by_column.setdefault(item["feature_name"], []).append(item["constraint_check_type"])
    return by_column


@given(
    st.lists(st.floats(-1e6, 1e6) | st.integers(-1000, 1000) | st.none(), min_size=1, max_size=40).filter(
        lambda values: any(value is not None for value in values)
    )
)
def test_statistics_of_numbers(values: list[float | None]) -> None:
    table = texts(a=[None if value is None else repr(value) for value in values])
    (feature,) = statistics(columns_of(table, is_text=True))["features"]
    numbers = np.array([value for value in values if value is not None], dtype=float)
    found = feature["numerical_statistics"]
    assert found["common"] == {"num_present": len(numbers), "num_missing": len(values) - len(numbers)}
    expected = [numbers.mean(), numbers.sum(), numbers.std(), numbers.min(), numbers.max()]
    assert [found[key] for key in ("mean", "sum", "std_dev", "min", "max")] == pytest.approx(expected, abs=1e-6)
    assert sum(bucket["count"] for bucket in found["distribution"]["kll"]["buckets"]) == len(numbers)
    is_integral = all(isinstance(value, int) for value in values if value is not None)
    assert feature["inferred_type"] == ("Integral" if is_integral else "Fractional")


def test_buckets_hold_what_numpy_counts() -> None:
    (feature,) = statistics(columns_of(BASE[["x"]], is_text=True))["features"]
    counts, edges = np.histogram(BASE["x"].astype(float), bins=10)
    buckets = feature["numerical_statistics"]["distribution"]["kll"]["buckets"]
    assert [bucket["count"] for bucket in buckets] == counts.tolist()
    assert [bucket["lower_bound"] for bucket in buckets] == pytest.approx(edges[:-1].tolist())


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["1", "-2", "+3"], "Integral"),
        (["1", "2.5", "1e3"], "Fractional"),
        (["1", "x"], "String"),
        (["2026-01-01"], "String"),
        (["true", "false"], "String"),
        (["nan", "inf"], "String"),
        (["0x1F", "1_000"], "String"),
        ([None, None], "Unknown"),
    ],
)
def test_the_type_of_texts_is_inferred(values: list[str | None], kind: str) -> None:
    assert columns_of(texts(a=values), is_text=True)[0].inferred_type == kind


@pytest.mark.parametrize(
    ("values", "kind"),
    [([1, 2], "Integral"), ([1, 2.5], "Fractional"), (["1", "2"], "String"), ([True, False], "String")],
)
def test_the_type_of_typed_values_is_their_own(values: list[Any], kind: str) -> None:
    assert columns_of(pd.DataFrame({"a": pd.Series(values, dtype=object)}), is_text=False)[0].inferred_type == kind


def test_what_a_dataset_suggests() -> None:
    found = {item.pop("name"): item for item in constraints(columns_of(BASE, is_text=True))["features"]}
    assert found == {
        "n": {"inferred_type": "Integral", "completeness": 1.0, "num_constraints": {"is_non_negative": True}},
        "x": {"inferred_type": "Fractional", "completeness": 1.0, "num_constraints": {"is_non_negative": True}},
        "s": {"inferred_type": "String", "completeness": 1.0, "string_constraints": {"domains": ["blue", "red"]}},
        "gap": {"inferred_type": "Integral", "completeness": 0.9, "num_constraints": {"is_non_negative": True}},
    }


def test_a_dataset_violates_nothing_of_its_own_baseline() -> None:
    assert violations_of(BASE) == {}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"n": ["1.5", *BASE["n"][1:]]}, {"n": ["data_type_check"]}),
        ({"x": ["much", *BASE["x"][1:]]}, {"x": ["data_type_check"]}),
        ({"x": BASE["n"]}, {"x": ["baseline_drift_check"]}),  # whole numbers are fractional ones, too
        ({"n": ["-1", *BASE["n"][1:]]}, {"n": ["non_negative_check"]}),
        ({"gap": [None] * 11 + ["1"] * 89}, {"gap": ["completeness_check"]}),
        ({"s": ["green", *BASE["s"][1:]]}, {"s": ["categorical_values_check"]}),
        ({"s": ["red"] * 70 + ["blue"] * 30}, {"s": ["baseline_drift_check"]}),
        ({"new": ["1"] * 100}, {"new": ["extra_column_check"]}),
        ({"s": None}, {"s": ["missing_column_check"]}),
        ({"n": [None] * 100}, {"n": ["completeness_check"]}),
    ],
)
def test_each_violation_is_found(change: dict[str, Any], expected: dict[str, list[str]]) -> None:
    (name, values) = next(iter(change.items()))
    table = BASE.drop(columns=name) if values is None else BASE.assign(**{name: list(values)})
    assert violations_of(table) == expected


def test_thresholds_of_the_baseline_hold() -> None:
    one_wrong = BASE.assign(n=["x", *BASE["n"][1:]], s=["green", *BASE["s"][1:]])
    assert violations_of(one_wrong, datatype_check_threshold=0.99, domain_content_threshold=0.99) == {}
    assert violations_of(one_wrong, evaluate_constraints="Disabled") == {}
    shifted = BASE.assign(n=[str(number + 20) for number in range(100)])
    assert violations_of(shifted) == {"n": ["baseline_drift_check"]}
    assert violations_of(shifted, distribution_constraints={"perform_comparison": "Disabled"}) == {}
    loose = {"perform_comparison": "Enabled", "comparison_threshold": 0.21}
    assert violations_of(shifted, distribution_constraints=loose) == {}


def test_categories_may_have_a_threshold_and_a_method_of_their_own(capsys: pytest.CaptureFixture[str]) -> None:
    table = BASE.assign(s=["red"] * 70 + ["blue"] * 30)
    assert violations_of(table, distribution_constraints={"categorical_comparison_threshold": 0.3}) == {}
    strict = {"categorical_comparison_threshold": 0.1, "categorical_drift_method": "LInfinity"}
    assert violations_of(table, distribution_constraints=strict) == {"s": ["baseline_drift_check"]}
    other = {**strict, "categorical_drift_method": "ChiSquared"}
    assert violations_of(table, distribution_constraints=other) == {}
    assert capsys.readouterr().out == "not compared by ChiSquared: the distribution of s\n"


def test_a_feature_can_override_what_holds_for_all() -> None:
    supplied, supplied_statistics = baseline(BASE)
    supplied["features"][0]["monitoring_config_overrides"] = {"evaluate_constraints": "Disabled"}
    table = BASE.assign(n=["x"] * 100, x=["x"] * 100)
    found, _ = compare(columns_of(table, is_text=True), supplied, supplied_statistics)
    assert {item["feature_name"] for item in found} == {"x"}


def test_the_distance_of_numbers_is_the_largest_gap_between_distributions() -> None:
    random = np.random.default_rng(1)
    before, now = random.normal(size=500), random.normal(0.8, size=400)
    supplied, supplied_statistics = baseline(texts(a=[repr(float(value)) for value in before]))
    columns = columns_of(texts(a=[repr(float(value)) for value in now]), is_text=True)
    found, _ = compare(columns, supplied, supplied_statistics)
    (drift,) = (item for item in found if item["constraint_check_type"] == "baseline_drift_check")
    distance = float(drift["description"].split()[3])
    edges = np.histogram_bin_edges(before, bins=10)
    gaps = [abs((before < edge).mean() - (now < edge).mean()) for edge in edges[:-1]] + [1 - (now <= edges[-1]).mean()]
    assert distance == pytest.approx(max(gaps))
    assert not math.isnan(distance)


def test_many_categories_have_no_distribution() -> None:
    (feature,) = statistics(columns_of(texts(a=[f"id-{number}" for number in range(101)]), is_text=True))["features"]
    assert feature["string_statistics"] == {"common": {"num_present": 101, "num_missing": 0}, "distinct_count": 101.0}
