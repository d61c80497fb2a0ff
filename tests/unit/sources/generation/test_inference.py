"""Tables that are like a sample, and hold nothing of it."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from builders import a_scenario, a_served
from cursus_readiness.sources.base import SourceError
from cursus_readiness.sources.generation.inference import LEAST_ROWS, inferred
from cursus_readiness.sources.generation.schema import TableSchema
from cursus_readiness.sources.synthetic import SyntheticSource
from synthetic_tables import auc, draw_table, numbers

ROWS = 2000


def a_sample(seed: int = 5) -> dict[str, Any]:
    """Rows of somebody's customers, a few of them with something that nobody else has."""
    random = np.random.default_rng(seed)
    income = np.round(random.lognormal(10, 0.7, ROWS), 2)
    income[3] = 98_765_432.1
    spending = np.round(income * 0.3 + random.normal(0, 2000, ROWS), 2)
    city = random.choice(["Berlin", "Paris", "Rome"], ROWS, p=[0.5, 0.3, 0.2]).astype(object)
    city[7] = "Kleinkleckersdorf"
    left = (random.random(ROWS) < 1 / (1 + np.exp(-2 * (np.log(income) - 10)))).astype(int)
    return {
        "customer_id": [f"CUST-{random.integers(10**9)}" for _ in range(ROWS)],
        "number_id": random.permutation(np.arange(70_000, 70_000 + ROWS)).tolist(),
        "income": income.tolist(),
        "spending": spending.tolist(),
        "calls": random.poisson(2, ROWS).tolist(),
        "city": city.tolist(),
        "since": [(date(2020, 1, 1) + timedelta(days=int(day))).isoformat() for day in random.integers(0, 1000, ROWS)],
        "mail": [f"person{index}@example.org" for index in range(ROWS)],
        "remark": [f"called about case {index} and was told to wait" for index in range(ROWS)],
        "ok": ["true" if flag else "false" for flag in random.random(ROWS) < 0.25],
        "left": left.tolist(),
    }


def save(path: Path, sample: dict[str, Any]) -> Path:
    pa.csv.write_csv(pa.table(sample), path)
    return path


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save(tmp_path_factory.mktemp("sample") / "sample.csv", a_sample())


def texts(value: Any) -> Iterator[str]:
    """Every key and value of a schema."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield str(key)
            yield from texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)
    else:
        yield str(value)


def refusal(path: Path, label: str | None = None) -> str:
    with pytest.raises(SourceError) as caught:
        inferred(path, label)
    return str(caught.value)


def test_columns_have_the_types_of_the_sample(sample: Path) -> None:
    columns = inferred(sample)["columns"]
    assert {name: column["type"] for name, column in columns.items()} == {
        "customer_id": "id", "number_id": "id", "income": "number", "spending": "number", "calls": "integer",
        "city": "category", "since": "date", "mail": "id", "remark": "text", "ok": "boolean", "left": "category",
    }  # fmt: skip


def test_numbers_are_distributed_like_the_sample(sample: Path) -> None:
    table = draw_table(TableSchema.model_validate({**inferred(sample), "rows": 20_000}))
    real = np.array(a_sample()["spending"])
    made = table.column("spending").to_numpy()
    wanted = np.quantile(real, [0.1, 0.5, 0.9])
    assert np.quantile(made, [0.1, 0.5, 0.9]) == pytest.approx(wanted, rel=0.15)
    cities = table.column("city").to_pylist()
    assert cities.count("Berlin") / len(cities) == pytest.approx(0.5, abs=0.04)
    assert np.mean(table.column("ok").to_pylist()) == pytest.approx(0.25, abs=0.04)


def test_numbers_go_together_as_in_the_sample(sample: Path) -> None:
    table = draw_table(TableSchema.model_validate({**inferred(sample), "rows": 20_000}))
    made = numbers(table, "income", "spending")
    ranks = np.argsort(np.argsort(made, axis=0), axis=0)
    assert np.corrcoef(ranks[:, 0], ranks[:, 1]).min() > 0.8


def test_the_label_says_as_much_as_in_the_sample(sample: Path) -> None:
    fields = inferred(sample, "left")
    real = a_sample()
    table = draw_table(TableSchema.model_validate({**fields, "rows": 20_000}))
    wanted = auc(np.array(real["income"]), np.array(real["left"]))
    assert auc(table.column("income").to_numpy(), table.column("left").to_numpy()) == pytest.approx(wanted, abs=0.08)
    assert table.column("left").to_numpy().mean() == pytest.approx(np.mean(real["left"]), abs=0.04)


def test_no_row_of_the_sample_comes_back(sample: Path) -> None:
    real = a_sample()
    table = draw_table(TableSchema.model_validate({**inferred(sample), "rows": 20_000})).to_pydict()
    for some in (("income", "spending"), ("income", "calls", "city"), ("spending", "since", "city")):
        known = set(zip(*(map(str, real[name]) for name in some), strict=True))
        made = set(zip(*(map(str, table[name]) for name in some), strict=True))
        assert known.isdisjoint(made), some


def test_no_identifier_text_or_rare_value_comes_back(sample: Path) -> None:
    real = a_sample()
    table = draw_table(TableSchema.model_validate({**inferred(sample), "rows": 5000})).to_pydict()
    for name in ("customer_id", "number_id", "mail", "remark"):
        assert set(map(str, real[name])).isdisjoint(map(str, table[name])), name
    assert set(table["city"]) == {"Berlin", "Paris", "Rome", "other"}


def test_extremes_are_never_told(sample: Path) -> None:
    real, fields = a_sample(), inferred(sample)
    told = set(texts(fields))
    for name in ("income", "spending"):
        quantiles = fields["columns"][name]["quantiles"]
        assert min(real[name]) < quantiles[0] < quantiles[-1] < max(real[name])
        assert told.isdisjoint(str(value) for value in (min(real[name]), max(real[name])))
    dates = sorted(real["since"])
    assert dates[0] < fields["columns"]["since"]["low"]
    assert fields["columns"]["since"]["high"] < dates[-1]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    common=st.dictionaries(st.text("abcdef", min_size=1, max_size=4), st.integers(1, 60), min_size=1, max_size=8),
    rare=st.lists(st.text("uvwxyz", min_size=6, max_size=9), min_size=1, max_size=LEAST_ROWS - 1),
)
def test_what_fewer_rows_have_is_never_told(common: dict[str, int], rare: list[str], tmp_path: Path) -> None:
    values = [value for value, count in common.items() for _ in range(count)] + rare
    values += ["plenty"] * 100
    path = tmp_path / "sample.parquet"
    pa.parquet.write_table(pa.table({"VALUE": values, "NUMBER": np.arange(len(values)) * 1.5}), path)
    told = set(texts(inferred(path)))
    counts = {value: values.count(value) for value in set(values)}
    assert told.isdisjoint(value for value, count in counts.items() if count < LEAST_ROWS)


def test_gaps_are_told(tmp_path: Path) -> None:
    gaps = [None if index % 4 == 0 else index * 0.5 for index in range(400)]
    path = save(tmp_path / "a.csv", {"a": gaps, "b": [0.5] * 400})
    assert inferred(path)["columns"]["a"]["missing_ratio"] == 0.25


def test_a_column_that_is_always_the_same_goes_with_no_other(tmp_path: Path) -> None:
    path = save(tmp_path / "a.csv", {"a": [0.5] * 100, "b": [index * 1.5 for index in range(100)]})
    fields = inferred(path, "b")
    assert "correlations" not in fields
    assert draw_table(TableSchema.model_validate(fields)).column("a").to_pylist() == [0.5] * 1000


def test_a_column_of_a_few_rows_says_nothing(tmp_path: Path) -> None:
    path = save(tmp_path / "a.csv", {"a": [1.5, 2.5] + [None] * 98, "b": [0.5] * 100})
    assert inferred(path)["columns"]["a"]["type"] == "constant"


@pytest.mark.parametrize("kind", ["csv", "tsv", "jsonl", "parquet", "csv.gz"])
def test_a_sample_may_have_any_form_and_its_table_has_the_same(kind: str, tmp_path: Path) -> None:
    table = pa.table({"a": [index * 0.5 for index in range(100)], "b": ["x", "y"] * 50})
    path = tmp_path / f"sample.{kind}"
    if kind == "parquet":
        pa.parquet.write_table(table, path)
    elif kind == "jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in table.to_pylist()), encoding="utf-8")
    else:
        options = pa.csv.WriteOptions(delimiter="\t" if kind == "tsv" else ",")
        pa.csv.write_csv(table, path, options)
        if kind == "csv.gz":
            path.write_bytes(gzip.compress(path.read_bytes()))
    fields = inferred(path)
    assert [column["type"] for column in fields["columns"].values()] == ["number", "category"]
    assert (fields["format"], fields["gzip"]) == (kind.removesuffix(".gz"), kind.endswith(".gz"))


def test_a_sample_without_a_header_is_imitated_without_one(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("".join(f"{index % 2},{index * 0.37}\n" for index in range(200)), encoding="utf-8")
    fields = inferred(tmp_path / "a.csv")
    assert fields["header"] is False
    assert len(fields["columns"]) == 2


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["no", "yes", "maybe", "no"] * 50, "multiclass"),
        ([index * 0.37 for index in range(200)], "regression"),
        ([0, 1] * 100, "binary"),
        ([True, False] * 100, "binary"),
        ([0, 1, 2, 2] * 50, "multiclass"),
    ],
)
def test_the_task_of_a_label_is_seen_from_its_values(values: list[Any], expected: str, tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pa.parquet.write_table(pa.table({"a": [index * 0.5 for index in range(200)], "y": values}), path)
    label = TableSchema.model_validate(inferred(path, "y")).label
    assert label is not None
    assert label.task == expected


def test_rare_classes_are_not_told(tmp_path: Path) -> None:
    path = save(tmp_path / "a.csv", {"a": [1.5, 2.5] * 100, "y": ["no", "yes"] * 98 + ["rare"] * 4})
    assert set(inferred(path, "y")["label"]["classes"]) == {"no", "yes"}


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"", "has no row"),
        ("a.csv", b"a,b\n1,2\n", "has 1 rows; a sample of 20 or more"),
        ("a.csv", b"a,a\n" + b"1,2\n" * 30, "two columns named 'a'"),
        ("a.csv", b"a,b\n" + b"1,2\n" * 30 + b"1,2,3\n", "Expected 2 columns, got 3"),
        ("a.csv", b"a,b\n" + b"x,y\n" * 30 + "é,y\n".encode("latin-1"), "not UTF-8 text throughout"),
        ("a.csv", "ä,b\n".encode("latin-1") + b"x,y\n" * 30, "not UTF-8"),
        ("a.csv", b"a,b\n" + b"x,y\n" * 30 + b'"x,y\n', "ends within a quoted cell"),
        ("a.csv.gz", gzip.compress(b"a,b\n" + b"1,2\n" * 9000, mtime=0)[:-20], "not a whole gzip file"),
        ("a.parquet", b"PAR1 and then nothing", "cannot be read as parquet"),
        ("a.jsonl", b'{"a": 1}\n' * 30 + b'{"a":', "cannot be read as jsonl"),
        ("a.libsvm", b"1 1:2\n" * 30, "rows of libsvm do not say"),
    ],
)
def test_a_sample_that_cannot_be_read_is_refused(name: str, content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    found = refusal(tmp_path / name)
    assert message in found
    assert name in found


def test_a_sample_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert refusal(tmp_path / "nope.csv").endswith("nope.csv: No such file or directory")


def test_a_label_that_is_not_there_is_told_with_the_nearest(sample: Path) -> None:
    assert "has no column 'lef' to be the label (did you mean 'left'?)" in refusal(sample, "lef")


def test_a_label_with_a_single_value_is_refused(tmp_path: Path) -> None:
    path = save(tmp_path / "a.csv", {"a": [1.5] * 50, "y": ["no"] * 45 + ["yes"] * 5})
    assert "fewer than two values of 'y'" in refusal(path, "y")


def test_what_is_not_readable_is_told_without_its_content(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"a,b\n" + b"x,y\n" * 30 + b"secret,stuff,more\n")
    assert "secret" not in refusal(tmp_path / "a.csv")


def test_a_cell_of_many_megabytes_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"a\n" + b"x" * (80 << 20) + b"\n")
    assert "a row of more than 64 MiB" in refusal(tmp_path / "a.csv")


def test_a_scenario_corrects_what_was_inferred(sample: Path) -> None:
    scenario = a_scenario(sample.parent)
    table = {"columns": {"mail": None, "calls": {"type": "integer", "low": 0, "high": 3}}, "label": {"name": "left"}}
    served = a_served("s3://b/in", f"synthetic:{sample.name}", rows=50, seed=3, table=table)
    target = sample.parent / "store"
    dataset = SyntheticSource().materialise(served, scenario, target)
    found = pa.csv.read_csv(target / "part-00000.csv")
    assert (dataset.row_count, dataset.seed) == (50, 3)
    assert "mail" not in found.column_names
    assert found.column_names[-1] == "left"
    assert max(found.column("calls").to_pylist()) <= 3


def test_the_sample_stays_as_it_is(sample: Path) -> None:
    before = sample.read_bytes()
    SyntheticSource().check(a_served("s3://b/in", f"synthetic:{sample.name}"), a_scenario(sample.parent))
    assert sample.read_bytes() == before
