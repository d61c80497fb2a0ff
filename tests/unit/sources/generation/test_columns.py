"""What columns are drawn like."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from cursus_readiness.sources.generation.streams import BLOCK_ROWS
from cursus_readiness.sources.generation.writing import write_table
from synthetic_tables import NUMBER, a_schema, column, draw_table


def values(**declared: Any) -> Any:
    return column(rows=20_000, **declared).to_numpy(zero_copy_only=False)


@pytest.mark.parametrize(
    ("declared", "mean", "std"),
    [
        ({"distribution": "lognormal", "median": 10, "sigma": 0.5}, 10 * np.exp(0.125), 6.04),
        ({"distribution": "exponential", "mean": 4}, 4, 4),
        ({"distribution": "poisson", "mean": 3}, 3, 3**0.5),
        ({"distribution": "poisson", "mean": 5000}, 5000, 5000**0.5),
        ({"distribution": "uniform", "low": 2, "high": 8}, 5, 6 / 12**0.5),
        ({"quantiles": [0, 10, 20]}, 10, 20 / 12**0.5),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_a_distribution_has_its_mean_and_spread(declared: dict[str, Any], mean: float, std: float) -> None:
    drawn = values(type="number", **declared)
    assert drawn.mean() == pytest.approx(mean, rel=0.04)
    assert drawn.std() == pytest.approx(std, rel=0.06)


def test_low_ranks_of_a_zipf_are_the_frequent_ones() -> None:
    drawn = values(type="integer", distribution="zipf", exponent=1, high=10)
    counts = np.bincount(drawn)
    assert (drawn.min(), drawn.max()) == (1, 10)
    assert counts[1] / counts[2] == pytest.approx(2, rel=0.1)


def test_quantiles_are_what_values_lie_between() -> None:
    drawn = values(type="number", quantiles=[0, 1, 100])
    assert np.mean(drawn <= 1) == pytest.approx(0.5, abs=0.02)
    assert drawn.max() <= 100


@pytest.mark.parametrize(("decimals", "expected"), [(2, 1.23), (0, 1.0), (-1, 0.0)])
def test_numbers_are_rounded(decimals: int, expected: float) -> None:
    declared: dict[str, Any] = {"low": 1.2345, "high": 1.2345}
    assert set(column(type="number", decimals=decimals, **declared).to_pylist()) == {expected}


def test_there_is_no_negative_zero() -> None:
    assert not np.signbit(values(type="number", mean=0, std=1e-9)).any()


def test_booleans_are_true_at_their_ratio() -> None:
    drawn = column(type="boolean", true_ratio=0.2)
    assert drawn.type == pa.bool_()
    assert np.mean(drawn.to_pylist()) == pytest.approx(0.2, abs=0.04)


def test_days_lie_in_their_range_at_their_steps() -> None:
    drawn = column(type="date", low="2024-01-01", high="2024-01-29", step_days=7).to_pylist()
    assert set(drawn) == {date(2024, 1, day) for day in (1, 8, 15, 22, 29)}


def test_instants_lie_in_their_range_at_their_steps() -> None:
    drawn = column(type="datetime", low="2024-01-01T00:00:00+01:00", high="2024-01-01T02:00:00+01:00", step_s=3600)
    assert set(drawn.to_pylist()) == {datetime(2023, 12, 31, 23), datetime(2024, 1, 1, 0), datetime(2024, 1, 1, 1)}  # noqa: DTZ001
    assert drawn.type == pa.timestamp("s")


@pytest.mark.parametrize("kind", ["date", "datetime"])
def test_events_may_come_in_their_order(kind: str) -> None:
    drawn = column(type=kind, low="2024-01-01", high="2025-01-01", order="ascending").to_pylist()
    assert drawn == sorted(drawn)
    assert drawn[0].month == 1
    assert drawn[len(drawn) // 2].month in (6, 7)


def test_the_last_day_can_be_drawn_and_none_after_it() -> None:
    assert {item.day for item in column(type="date", low="2024-01-01", high="2024-01-02").to_pylist()} == {1, 2}


def test_a_datetime_without_a_zone_is_utc() -> None:
    drawn = column(type="datetime", low="2024-05-01T12:00:00", high="2024-05-01T12:00:00")
    assert drawn.cast(pa.int64())[0].as_py() == datetime(2024, 5, 1, 12, tzinfo=UTC).timestamp()


def test_uuids_look_like_uuids_and_are_distinct() -> None:
    drawn = column(type="id", form="uuid", rows=5000).to_pylist()
    assert len(set(drawn)) == 5000
    form = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
    assert all(form.fullmatch(text) for text in drawn)


def test_other_seeds_have_other_uuids() -> None:
    columns = {"a": {"type": "id", "form": "uuid"}}
    first, second = (draw_table(a_schema(columns=columns, seed=seed)).column("a").to_pylist() for seed in (1, 2))
    assert set(first).isdisjoint(second)


def test_running_numbers_are_numbers_from_their_start() -> None:
    assert column(type="id", form="number", start=7, rows=3).to_pylist() == [7, 8, 9]


def test_a_prefix_may_hold_any_letter() -> None:
    assert column(type="id", prefix="é-", start=98, rows=2).to_pylist() == ["é-098", "é-099"]


def test_texts_have_so_many_words_of_the_vocabulary() -> None:
    drawn = column(type="text", least_words=2, most_words=4).to_pylist()
    assert {len(text.split()) for text in drawn} == {2, 3, 4}
    assert len(set(drawn)) > 1000


@pytest.mark.parametrize("value", ["EU", 3, 0.5])
def test_a_constant_is_always_the_same(value: Any) -> None:
    assert set(column(type="constant", value=value).to_pylist()) == {value}


@pytest.mark.parametrize(
    ("frequencies", "expected"), [({1: 1, 2: 1}, {1, 2}), ({"01": 1, "2": 1}, {"01", "2"}), ({"-3": 1}, {-3})]
)
def test_categories_are_whole_numbers_where_all_can_be(frequencies: dict[Any, float], expected: set[Any]) -> None:
    assert set(column(type="category", values=frequencies).to_pylist()) == expected


def test_a_column_is_the_same_whatever_stands_beside_it() -> None:
    alone = draw_table(a_schema()).column("a")
    beside = draw_table(a_schema(columns={"z": NUMBER, "a": NUMBER, "b": {"type": "text"}})).column("a")
    assert alone == beside


def test_blocks_hold_different_rows_and_identifiers_go_on() -> None:
    columns = {"id": {"type": "id", "form": "number"}, "a": NUMBER}
    table = draw_table(a_schema(rows=BLOCK_ROWS + 5, columns=columns))
    assert table.column("id").to_pylist() == list(range(BLOCK_ROWS + 5))
    drawn = table.column("a").to_numpy()
    assert not np.array_equal(drawn[:5], drawn[BLOCK_ROWS:])
    assert np.array_equal(drawn[:5], draw_table(a_schema(rows=5, columns=columns)).column("a").to_numpy())


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ({"type": "id", "form": "uuid", "prefix": "C"}, "form 'uuid' has no prefix"),
        ({"type": "number", "distribution": "lognormal", "median": 1}, "'lognormal' needs median and sigma"),
        ({"type": "number", "distribution": "poisson", "mean": 3, "std": 1}, "'poisson' has no std"),
        ({"type": "number", "distribution": "exponential", "mean": 0}, "the mean of distribution 'exponential'"),
        ({"type": "number", "distribution": "poisson", "mean": 1e6}, "poisson goes up to a mean of 10000"),
        ({"type": "number", "distribution": "zipf", "exponent": 1, "high": 0.5}, "the high of a zipf is between"),
        ({"type": "number", "distribution": "zipf", "exponent": 1, "high": 1e9}, "the high of a zipf is between"),
        ({"type": "number", "quantiles": [2, 1]}, "quantiles never go down"),
        ({"type": "number", "quantiles": [1]}, "at least 2 items"),
        ({"type": "number", "distribution": "gaussian"}, "'normal', 'lognormal'"),
        ({"type": "integer", "quantiles": [0, 1e300]}, "integers up to"),
        ({"type": "date", "low": "2024-02-01", "high": "2024-01-01"}, "low is above high"),
        ({"type": "date", "low": "yesterday", "high": "2024-01-01"}, "valid date"),
        ({"type": "datetime", "low": "2024-02-01", "high": "2024-01-01"}, "low is above high"),
        ({"type": "text", "least_words": 5, "most_words": 4}, "least_words is above most_words"),
        ({"type": "category", "values": {True: 1}}, "valid string"),
    ],
)
def test_a_column_that_cannot_be_is_refused(declared: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        column(**declared)


def test_a_table_of_identifiers_may_have_a_label() -> None:
    label = {"name": "y", "weights": {}}
    table = draw_table(a_schema(columns={"id": {"type": "id"}}, label=label))
    assert set(table.column("y").to_pylist()) == {0, 1}


NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=5)
ANY_COLUMN = st.one_of(
    st.fixed_dictionaries({"type": st.just("id"), "form": st.sampled_from(["number", "uuid", "sequential"])}),
    st.builds(
        lambda kind, name, one, other: {
            "type": kind, "distribution": name,
            **{
                "lognormal": {"median": one, "sigma": other}, "exponential": {"mean": one}, "poisson": {"mean": one},
                "zipf": {"exponent": other, "high": 50},
            }[name],
        },
        st.sampled_from(["number", "integer"]), st.sampled_from(["lognormal", "exponential", "poisson", "zipf"]),
        st.floats(0.01, 1000), st.floats(0.1, 3),
    ),
    st.builds(
        lambda kind, values: {"type": kind, "quantiles": sorted(values)},
        st.sampled_from(["number", "integer"]), st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=9),
    ),
    st.builds(
        lambda low, days, step, order: {
            "type": "date", "low": low, "high": low + timedelta(days=days), "step_days": step, "order": order
        },
        st.dates(date(1800, 1, 1), date(2200, 1, 1)), st.integers(0, 5000), st.integers(1, 400),
        st.sampled_from(["random", "ascending"]),
    ),
    st.builds(
        lambda least, more, missing: {
            "type": "text", "least_words": least, "most_words": least + more, "missing_ratio": missing
        },
        st.integers(1, 5), st.integers(0, 5), st.floats(0, 0.9),
    ),
    st.builds(lambda share: {"type": "boolean", "true_ratio": share}, st.floats(0, 1)),
    st.builds(lambda value: {"type": "constant", "value": value}, st.one_of(st.text(), st.integers(-9, 9))),
)  # fmt: skip


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    columns=st.dictionaries(NAMES, ANY_COLUMN, min_size=1, max_size=4),
    rows=st.integers(1, 30),
    files=st.integers(1, 4),
    kind=st.sampled_from(["csv", "tsv", "parquet", "jsonl", "libsvm"]),
)
def test_every_valid_table_can_be_written_in_every_format(
    columns: dict[str, Any], rows: int, files: int, kind: str, tmp_path: Path
) -> None:
    schema = a_schema(columns=columns, rows=rows, files=files, format=kind)
    paths = write_table(schema, tmp_path)
    if kind == "jsonl":
        found = [json.loads(line) for path in paths for line in path.read_text(encoding="utf-8").split("\n") if line]
        assert [list(row) for row in found] == [list(columns)] * rows
    elif kind == "parquet":
        assert sum(pa.parquet.read_metadata(path).num_rows for path in paths) == rows


def test_integers_stay_among_those_that_can_be_told_apart() -> None:
    drawn = column(type="integer", distribution="lognormal", median=1e12, sigma=20).to_numpy()
    assert drawn.max() == 2**53
