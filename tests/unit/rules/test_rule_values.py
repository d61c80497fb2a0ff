"""Rules on values, shares and distributions."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from scipy import stats

from cursus_readiness.rules import measures
from cursus_readiness.rules.statistics import chi_square_p, kolmogorov_smirnov, population_stability_index
from rule_files import judge, put, table


@pytest.mark.parametrize(
    ("written", "held", "message"),
    [
        ({"plan": ["basic", "pro"]}, True, "plan: 2 of 2 allowed values"),
        ({"plan": ["basic"]}, False, "plan: 1 rows have 1 values that are not allowed"),
        ({"n": [1, 2.0]}, True, "n: 2 of 2 allowed values"),
        ({"flag": [True, False]}, True, "flag: 1 of 2 allowed values"),
        ({"none": [1]}, False, "none has no values"),
        ({"x": [1]}, False, "x is missing"),
    ],
    ids=str,
)
def test_values_that_are_not_allowed_are_found(written: Any, held: bool, message: str, tmp_path: Path) -> None:
    path = put(tmp_path / "a.csv", "plan,n,flag,none\nbasic,1,true,\npro,2,true,\n")
    found = judge("allowed_values", written, path)
    assert (found.held, found.message) == (held, message)


def test_the_commonest_of_the_values_that_are_not_allowed_come_first(tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", plan=["Gold-1"] * 3 + ["tin"] * 9 + ["ok"])
    found = judge("allowed_values", {"plan": ["ok"]}, path)
    assert found.examples == ("plan xxx: 9 rows", "plan Xxxx-9: 3 rows")


def test_a_column_of_many_values_is_no_category(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measures, "MOST_VALUES", 10)
    path = table(tmp_path / "a.csv", id=list(range(20)))
    assert "more than" in judge("allowed_values", {"id": [1]}, path).message
    assert judge("class_balance", {"id": {1: "> 0"}}, path).message == "id is no label"


@pytest.mark.parametrize(
    ("expression", "held"), [("C[0-9]{2}", True), ("C[0-9]", False), ("[0-9]{2}", False), ("C.*|D", True)]
)
def test_a_pattern_matches_from_end_to_end(expression: str, held: bool, tmp_path: Path) -> None:
    found = judge("pattern", {"id": expression}, table(tmp_path / "a.csv", id=["C01", "C02", None], b=[1, 2, 3]))
    assert found.held is held
    assert all(example.startswith("a.csv row ") and "X99" in example for example in found.examples)


def test_a_pattern_of_numbers_sees_them_as_they_are_written(tmp_path: Path) -> None:
    assert judge("pattern", {"zip": "[0-9]{5}"}, table(tmp_path / "a.parquet", zip=[12345.0, None])).held


@pytest.mark.parametrize(
    ("direction", "days", "held"),
    [
        ("increasing", ["2026-01-01", "2026-01-01", "2026-01-02"], True),
        ("increasing", ["2026-01-02", "2026-01-01"], False),
        ("strictly_increasing", ["2026-01-01", "2026-01-01"], False),
        ("decreasing", ["2026-01-02", None, "2026-01-01"], True),
        ("strictly_decreasing", ["2026-01-02", "2026-01-02"], False),
    ],
)
def test_dates_go_one_way(direction: str, days: list[str], held: bool, tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", day=days, b=[0] * len(days))
    assert judge("monotonic", {"day": direction}, path).held is held


def test_order_goes_on_from_file_to_file(tmp_path: Path) -> None:
    files = [table(tmp_path / f"{number}.csv", n=values) for number, values in enumerate(([1, 5], [4, 9]))]
    found = judge("monotonic", {"n": "increasing"}, *files)
    assert (found.held, found.examples) == (False, ("1.csv row 1: n 9",))


def test_order_over_files_of_different_types_is_a_finding(tmp_path: Path) -> None:
    files = [table(tmp_path / "0.csv", n=[1, 5]), table(tmp_path / "1.csv", n=["x", "y"])]
    assert judge("monotonic", {"n": "increasing"}, *files).held is False


@pytest.mark.parametrize(("share", "held"), [([0.2, 0.3], True), ([0.3, None], False), ("<= 0.25", True), (0.25, True)])
def test_the_share_of_a_class_lies_within(share: Any, held: bool, tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", y=[1, 0, 0, 0])
    assert judge("class_balance", {"y": {1: share}}, path).held is held


def test_a_class_that_is_not_there_has_no_share(tmp_path: Path) -> None:
    assert judge("class_balance", {"y": {2: "> 0"}}, table(tmp_path / "a.csv", y=[1, 0])).message.startswith("y 2: 0 %")


def numbers(seed: int, shift: float = 0.0, count: int = 3000) -> list[float]:
    source = random.Random(seed)
    return [source.gauss(shift, 1) for _ in range(count)]


@pytest.mark.parametrize(
    ("bounds", "shift", "held"),
    [({}, 0.0, True), ({}, 0.8, False), ({"ks": 0.1}, 0.0, True), ({"ks": 0.1}, 0.8, False)],
)
def test_a_shift_of_numbers_is_found(bounds: Any, shift: float, held: bool, tmp_path: Path) -> None:
    path, other = table(tmp_path / "a.csv", x=numbers(1, shift)), table(tmp_path / "b.csv", x=numbers(2))
    assert judge("distribution", {"of": "other", "columns": "x", **bounds}, path, other=other).held is held


@pytest.mark.parametrize(
    ("bounds", "north", "held"),
    [
        ({}, 1500, True),
        ({}, 2700, False),
        ({"chi_square_p": 0.001}, 1520, True),
        ({"chi_square_p": 0.001}, 1700, False),
    ],
)
def test_a_shift_of_categories_is_found(bounds: Any, north: int, held: bool, tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", x=["north"] * north + ["south"] * (3000 - north))
    other = table(tmp_path / "b.csv", x=["south", "north"] * 1500)
    assert judge("distribution", {"of": "other", "columns": "x", **bounds}, path, other=other).held is held


def test_values_that_go_missing_are_a_shift(tmp_path: Path) -> None:
    path = table(tmp_path / "a.parquet", x=[None if i % 2 else value for i, value in enumerate(numbers(1))])
    other = table(tmp_path / "b.parquet", x=numbers(2))
    assert not judge("distribution", {"of": "other", "columns": "x"}, path, other=other).held


def test_few_rows_tell_nothing_about_a_distribution(tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", x=numbers(1, 5.0, count=499))
    found = judge("distribution", {"of": "same", "columns": "x"}, path, same=path)
    assert found.held is None
    assert found.message == "not judged: 499 rows are too few to compare distributions, 500 are needed"


def test_the_statistic_of_two_samples_is_that_of_scipy() -> None:
    one, two = numbers(1), numbers(2, 0.1)
    assert kolmogorov_smirnov(one, two) == pytest.approx(stats.ks_2samp(one, two).statistic)


@pytest.mark.parametrize("counts", [(50, 50, 70, 30), (500, 480, 10, 5), (9, 11, 14, 300), (100, 101, 102, 103)])
def test_the_probability_of_a_table_is_that_of_scipy(counts: tuple[int, int, int, int]) -> None:
    one, two = {"a": counts[0], "b": counts[1]}, {"a": counts[2], "b": counts[3]}
    expected = stats.chi2_contingency([list(one.values()), list(two.values())], correction=False).pvalue
    assert chi_square_p(one, two) == pytest.approx(expected, rel=1e-6, abs=1e-12)


def test_the_stability_index_of_a_distribution_with_itself_is_zero() -> None:
    assert population_stability_index([1, 2, 3], [10, 20, 30]) == pytest.approx(0)
    assert population_stability_index([50, 50], [90, 10]) > 0.2


@pytest.mark.parametrize(
    ("written", "held"),
    [
        ({"of": "before"}, False),
        ({"of": "before", "ratio": ">= 0.75"}, True),
        ({"of": "before", "ratio": "> 0.75"}, False),
        ({"of": ["before", "own"], "ratio": "<= 0.5"}, True),
        ({"count": 3, "of": "before", "ratio": ">= 0.5"}, True),
        ({"count": 4, "of": "before", "ratio": ">= 0.5"}, False),
    ],
)
def test_rows_that_were_lost_on_the_way_are_found(written: Any, held: bool, tmp_path: Path) -> None:
    path, before = table(tmp_path / "a.csv", x=[1, 2, 3]), table(tmp_path / "b.csv", x=[1, 2, 3, 4])
    assert judge("row_count", written, path, before=before, own=path).held is held


@pytest.mark.parametrize(
    ("written", "held"),
    [
        ({"any_order": ["b", "a"]}, True),
        ({"any_order": ["a"]}, False),
        ({"include": ["a"], "exclude": ["c"]}, True),
        ({"exclude": ["b"]}, False),
        ({"any_order": ["a", "b"], "exclude": ["c"]}, True),
    ],
)
def test_columns_may_be_free_in_order_and_unwanted(written: Any, held: bool, tmp_path: Path) -> None:
    assert judge("columns", written, put(tmp_path / "a.csv", "a,b\n1,2\n")).held is held


def test_a_star_bounds_the_nulls_of_all_columns_that_are_not_named(tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", a=[1, None], b=[1, 2])
    assert judge("nulls", {"a": 0.5, "*": 0}, path).held
    assert judge("nulls", {"*": 0}, path).message == "a: 50 % null, expected <= 0"


@pytest.mark.parametrize(
    ("written", "held"),
    [(2, True), (1, False), ({"size_bytes": ">= 4"}, True), ({"size_bytes": 5}, False), ({"total_bytes": 9}, False)],
)
def test_number_and_size_of_files(written: Any, held: bool, tmp_path: Path) -> None:
    files = [put(tmp_path / f"{name}.bin", b"x" * size) for name, size in (("a", 4), ("b", 6))]
    assert judge("files", written, *files).held is held
