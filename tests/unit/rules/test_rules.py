"""Each rule, both ways."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest

from cursus_readiness.rules.base import Judgement, RuleSyntaxError, UnreadableDataError
from cursus_readiness.rules.registry import RULES
from cursus_readiness.rules.target import Target

CSV = "id,age,rate\na,1,0.5\nb,,1.5\nc,3,2.5\nd,4,\n"


def judge(key: str, written: Any, *files: Path) -> Judgement:
    return RULES[key].parse(written).judge(Target(files))


def csv(folder: Path, text: str = CSV, name: str = "a.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("key", "written", "held", "message"),
    [
        pytest.param("exists", True, True, "1 files", id="exists"),
        pytest.param("row_count", 4, True, "4 rows", id="exactly so many rows"),
        pytest.param("row_count", 5, False, "4 rows, expected == 5", id="a row too few"),
        pytest.param("row_count", ">= 4", True, "4 rows", id="at least so many rows"),
        pytest.param("row_count", "> 4", False, "4 rows, expected > 4", id="more rows"),
        pytest.param("columns", ["id", "age", "rate"], True, "3 columns", id="exactly these columns"),
        pytest.param("columns", ["age", "id", "rate"], False, "the order differs", id="another order"),
        pytest.param("columns", ["id", "age"], False, "unexpected: rate", id="a column too many"),
        pytest.param("columns", ["id", "age", "rate", "x"], False, "missing: x", id="a column too few"),
        pytest.param("columns", {"include": ["rate", "id"]}, True, "3 columns", id="at least these columns"),
        pytest.param("columns", {"include": ["x", "y"]}, False, "missing: x, y", id="included columns are missing"),
        pytest.param("columns", {"exact": ["id"]}, False, "unexpected: age, rate", id="exactly one column"),
        pytest.param("dtypes", {"id": "string", "age": "integer"}, True, "id is string; age is integer", id="types"),
        pytest.param("dtypes", {"age": "number"}, True, "age is integer", id="an integer is a number"),
        pytest.param("dtypes", {"rate": "integer"}, False, "rate is number, expected integer", id="not the reverse"),
        pytest.param("dtypes", {"x": "string"}, False, "x is missing", id="the type of a missing column"),
        pytest.param("nulls", {"id": 0}, True, "id: 0 % null", id="no nulls"),
        pytest.param("nulls", {"age": 0.25}, True, "age: 25 % null", id="as many nulls as allowed"),
        pytest.param("nulls", {"age": "< 0.25"}, False, "age: 25 % null, expected < 0.25", id="a null too many"),
        pytest.param("nulls", {"x": 0}, False, "x is missing", id="the nulls of a missing column"),
        pytest.param("value_range", {"age": [1, 4]}, True, "age: 1..4", id="both ends are allowed"),
        pytest.param("value_range", {"age": [2, 4]}, False, "age: 1..4, expected 2..4", id="too low"),
        pytest.param("value_range", {"age": [1, 3.9]}, False, "age: 1..4, expected 1..3.9", id="too high"),
        pytest.param("value_range", {"rate": [0, None]}, True, "rate: 0.5..2.5", id="open above"),
        pytest.param("value_range", {"rate": [None, 2]}, False, "rate: 0.5..2.5, expected ..2", id="open below"),
        pytest.param("value_range", {"id": [0, 1]}, False, "id holds no numbers (string)", id="the range of texts"),
        pytest.param("value_range", {"x": [0, 1]}, False, "x is missing", id="the range of a missing column"),
    ],
)
def test_a_rule_on_a_table(key: str, written: Any, held: bool, message: str, tmp_path: Path) -> None:
    found = judge(key, written, csv(tmp_path))
    assert (found.held, found.message) == (held, message)


@pytest.mark.parametrize(
    ("written", "held", "message"),
    [
        pytest.param("auc >= 0.9", True, "auc = 0.9", id="at the bound"),
        pytest.param("auc > 0.9", False, "auc = 0.9, expected > 0.9", id="not over it"),
        pytest.param("metrics.loss<0.2", True, "metrics.loss = 0.1", id="a path"),
        pytest.param("folds[1].auc >= 0.8", True, "folds[1].auc = 0.8", id="an index"),
        pytest.param("folds[2].auc >= 0.8", False, "folds[2].auc is not there", id="an index too large"),
        pytest.param("nope >= 0", False, "nope is not there", id="a missing metric"),
        pytest.param("auc.deep >= 0", False, "auc.deep is not there", id="below a number"),
        pytest.param("name == 1", False, "name is no number: 'x'", id="a text"),
        pytest.param("flag == 1", False, "flag is no number: True", id="a boolean is no number"),
        pytest.param("nan >= 0", False, "nan = nan, expected >= 0", id="NaN keeps no bound"),
        pytest.param("nan != 0", False, "nan = nan, expected != 0", id="not even being different"),
        pytest.param(["auc >= 0.5", "metrics.loss <= 1"], True, "auc = 0.9; metrics.loss = 0.1", id="several"),
        pytest.param(["auc >= 0.5", "metrics.loss > 1"], False, "metrics.loss = 0.1, expected > 1", id="one of two"),
        pytest.param("a-b_c == 1", True, "a-b_c = 1", id="a name with a dash"),
    ],
)
def test_a_metric_against_its_bound(written: Any, held: bool, message: str, tmp_path: Path) -> None:
    path = tmp_path / "m.json"
    path.write_text(
        '{"auc": 0.9, "metrics": {"loss": 0.1}, "folds": [{"auc": 0.7}, {"auc": 0.8}], "name": "x", "flag": true,'
        ' "nan": NaN, "a-b_c": 1}',
        encoding="utf-8",
    )
    found = judge("metric", written, path)
    assert (found.held, found.message) == (held, message)


def test_a_metric_must_hold_in_every_file(tmp_path: Path) -> None:
    files = [csv(tmp_path, f'{{"auc": {value}}}', f"{index}.json") for index, value in enumerate((0.9, 0.7))]
    assert judge("metric", "auc >= 0.7", *files).held
    assert judge("metric", "auc >= 0.8", *files).message == "auc = 0.7, expected >= 0.8"


@pytest.mark.parametrize("number", ["1" + "0" * 400, "1e999", "-1e999"])
def test_a_metric_of_any_size_is_judged(number: str, tmp_path: Path) -> None:
    found = judge("metric", "a >= 0", csv(tmp_path, f'{{"a": {number}}}', "m.json"))
    assert found.held is not number.startswith("-")


@pytest.mark.parametrize("text", ["", "{", "\ufeff{}", "[" * 100_000], ids=["nothing", "half", "a mark", "too deep"])
def test_a_metric_file_that_is_no_json_is_unreadable(text: str, tmp_path: Path) -> None:
    with pytest.raises(UnreadableDataError, match=r"m\.json is not readable JSON"):
        judge("metric", "a >= 0", csv(tmp_path, text, "m.json"))


@pytest.mark.parametrize("text", ["[]", "3", "null", '"a"'])
def test_a_metric_file_without_names_has_no_metric(text: str, tmp_path: Path) -> None:
    assert judge("metric", "a >= 0", csv(tmp_path, text, "m.json")).message == "a is not there"


def test_an_empty_file_does_not_count_as_there(tmp_path: Path) -> None:
    files = [csv(tmp_path, "x" if index == 0 else "", f"{index}.csv") for index in range(8)]
    found = judge("exists", True, *files)
    assert (found.held, found.message) == (False, "7 of 8 files are empty")
    assert found.examples == ("1.csv", "2.csv", "3.csv", "4.csv", "5.csv")


@pytest.mark.parametrize(("key", "written"), [("nulls", {"a": 0}), ("value_range", {"a": [0, 1]})])
def test_a_table_without_rows_keeps_no_rule_on_values(key: str, written: Any, tmp_path: Path) -> None:
    assert not judge(key, written, csv(tmp_path, "a,b\n")).held


def test_a_table_without_rows_has_zero_rows(tmp_path: Path) -> None:
    assert judge("row_count", 0, csv(tmp_path, "a,b\n")).held
    assert not judge("row_count", ">= 1", csv(tmp_path, "a,b\n")).held


def test_columns_must_agree_over_all_files(tmp_path: Path) -> None:
    files = (csv(tmp_path, "a,b\n1,2\n", "1.csv"), csv(tmp_path, "a\n1\n", "2.csv"))
    found = judge("columns", {"include": ["a"]}, *files)
    assert (found.held, found.message) == (False, "2.csv has other columns than the files before it")


@pytest.mark.parametrize(
    ("key", "written"),
    [("nulls", {"b": 0}), ("value_range", {"b": [0, 9]}), ("dtypes", {"b": "integer"})],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_column_that_one_file_lacks_keeps_no_rule(key: str, written: Any, tmp_path: Path) -> None:
    files = (csv(tmp_path, "a,b\n1,2\n", "1.csv"), csv(tmp_path, "a\n1\n", "2.csv"))
    assert not judge(key, written, *files).held


def test_a_range_is_not_judged_on_part_of_a_mixed_column(tmp_path: Path) -> None:
    files = (csv(tmp_path, "a,b\n1,1\n", "1.csv"), csv(tmp_path, "a,b\nx,1\n", "2.csv"))
    assert not judge("value_range", {"a": [0, 2]}, *files).held


def test_a_column_of_nan_alone_keeps_no_range(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pa.parquet.write_table(pa.table({"a": [float("nan")] * 3}), path)
    assert not judge("value_range", {"a": [0, 1]}, path).held
    assert not judge("nulls", {"a": 0.5}, path).held


@pytest.mark.parametrize(("high", "held"), [(3, True), (2, False)])
def test_a_decimal_column_has_a_range(high: int, held: bool, tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pa.parquet.write_table(pa.table({"a": [Decimal("0.5"), Decimal("2.5")]}), path)
    assert judge("value_range", {"a": [0, high]}, path).held is held


@pytest.mark.parametrize(
    ("key", "written"),
    [
        ("exists", False),
        ("exists", "yes"),
        ("row_count", "many"),
        ("row_count", None),
        ("row_count", True),
        ("columns", []),
        ("columns", "a"),
        ("columns", [1]),
        ("columns", {"only": ["a"]}),
        ("columns", {"include": ["a"], "exact": ["a"]}),
        ("dtypes", {}),
        ("dtypes", ["a"]),
        ("dtypes", {"a": "text"}),
        ("dtypes", {"a": ["string"]}),
        ("nulls", {}),
        ("nulls", {"a": "few"}),
        ("value_range", {}),
        ("value_range", {"a": 3}),
        ("value_range", {"a": [1]}),
        ("value_range", {"a": ["0", "1"]}),
        ("value_range", {"a": [True, 1]}),
        ("value_range", {"a": [1, 0]}),
        ("metric", []),
        ("metric", None),
        ("metric", 3),
        ("metric", "auc"),
        ("metric", ">= 3"),
        ("metric", "auc = 3"),
        ("metric", [3]),
        ("metric", "auc >= high"),
    ],
)
def test_a_rule_that_cannot_be_read_says_how_it_should_be(key: str, written: Any) -> None:
    with pytest.raises(RuleSyntaxError) as caught:
        RULES[key].parse(written)
    assert str(caught.value)


def test_a_table_is_read_once_however_many_rules_ask(tmp_path: Path) -> None:
    target = Target((csv(tmp_path),))
    first = target.table
    target.files[0].unlink()
    assert target.table is first
