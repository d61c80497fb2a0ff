"""Rules on keys: unique, the same as elsewhere, apart from others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cursus_readiness.rules.hashing import hashes
from rule_files import judge, put, table


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_key_that_is_there_twice_is_found_over_all_files(suffix: str, tmp_path: Path) -> None:
    files = [table(tmp_path / f"{name}.{suffix}", id=ids) for name, ids in (("1", ["a1", "b1"]), ("2", ["c1", "a1"]))]
    found = judge("unique", "id", *files)
    assert (found.held, found.message) == (False, "1 of 4 rows repeat a id")
    assert found.examples == (f"2.{suffix} row 2: x9",)


@pytest.mark.parametrize(
    ("written", "held"), [(["shop", "day"], True), ("shop", False), ("day", False), ("x", False)], ids=str
)
def test_several_columns_are_one_key(written: Any, held: bool, tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", shop=["n", "n", "s"], day=[1, 2, 1])
    assert judge("unique", written, path).held is held


def test_missing_keys_are_equal_to_each_other(tmp_path: Path) -> None:
    assert not judge("unique", "id", table(tmp_path / "a.csv", id=["a", None, None], b=[1, 2, 3])).held


def test_at_most_five_of_many_are_shown(tmp_path: Path) -> None:
    found = judge("unique", "id", table(tmp_path / "a.csv", id=["x"] * 100))
    assert found.message == "99 of 100 rows repeat a id"
    assert len(found.examples) == 5


@pytest.mark.parametrize(
    ("match", "ids", "held"),
    [
        ("same", ["a", "b"], True),
        ("same", ["b", "a", "a"], True),
        ("same", ["a"], False),
        ("same", ["a", "b", "c"], False),
        ("subset", ["a"], True),
        ("subset", ["c"], False),
        ("superset", ["a", "b", "c"], True),
        ("superset", ["a"], False),
    ],
)
def test_keys_are_those_of_another_table(match: str, ids: list[str], held: bool, tmp_path: Path) -> None:
    path, other = table(tmp_path / "a.csv", id=ids), table(tmp_path / "b.parquet", id=["a", "b"])
    assert judge("keys", {"columns": "id", "of": "other", "match": match}, path, other=other).held is held


def test_a_label_that_has_slipped_to_another_row_is_found(tmp_path: Path) -> None:
    written = {"columns": ["id", "label"], "of": "before"}
    before = table(tmp_path / "b.csv", id=["a", "b", "c"], label=[0, 1, 0])
    same = table(tmp_path / "same.csv", label=[1, 0, 0], id=["b", "a", "c"])
    shifted = table(tmp_path / "shifted.csv", id=["a", "b", "c"], label=[0, 0, 1])
    assert judge("keys", written, same, before=before).held
    found = judge("keys", written, shifted, before=before)
    assert found.message.startswith("2 of 3 id with label are not in before")
    assert found.examples == ("shifted.csv row 2: x, 9", "shifted.csv row 3: x, 9")


@pytest.mark.parametrize(
    "other",
    [pa.array([1.0, 2.0, None]), pa.array([1, 2, None], pa.int8()), pa.array(["1", "2", None]), ["1", "2", None]],
    ids=["floats", "bytes", "texts", "list"],
)
def test_a_key_is_the_same_whatever_its_type(other: Any, tmp_path: Path) -> None:
    one, two = table(tmp_path / "a.parquet", id=[1, 2, None]), table(tmp_path / "b.parquet", id=other)
    assert judge("keys", {"columns": "id", "of": "two"}, one, two=two).held


def test_rows_of_another_split_are_found_in_this_one(tmp_path: Path) -> None:
    train, test, val = (table(tmp_path / f"{n}.csv", id=ids) for n, ids in (("a", "xy"), ("b", "zx"), ("c", "w")))
    written = {"columns": "id", "with": ["test", "val"]}
    found = judge("no_overlap", written, train, test=test, val=val)
    assert (found.held, found.message, found.examples) == (False, "1 id are in test, too", ("a.csv row 1: x",))
    assert judge("no_overlap", {"columns": "id", "with": "val"}, train, val=val).held


@pytest.mark.parametrize("key", ["keys", "no_overlap"])
@pytest.mark.parametrize("lacking", ["own", "other"])
def test_a_key_that_one_side_lacks_is_missing(key: str, lacking: str, tmp_path: Path) -> None:
    own, other = (
        table(tmp_path / f"{side}.csv", **{"x" if side == lacking else "id": [1]}) for side in ("own", "other")
    )
    found = judge(key, {"columns": "id", "of" if key == "keys" else "with": "other"}, own, other=other)
    assert not found.held
    assert found.message.startswith("id is missing")


def test_two_tables_without_rows_have_no_keys_to_agree_on(tmp_path: Path) -> None:
    empty = put(tmp_path / "a.csv", "id\n")
    assert not judge("keys", {"columns": "id", "of": "same"}, empty, same=empty).held


@given(st.lists(st.text(alphabet="ab\x00\xe9", max_size=80), min_size=1, max_size=40))
def test_texts_have_equal_hashes_exactly_if_they_are_equal(values: list[str]) -> None:
    found = hashes([pa.array(values, pa.string())]).tolist()
    assert len(set(found)) == len(set(values))


def test_a_slice_of_an_array_has_the_hashes_of_its_own_values() -> None:
    whole = pa.array(["a", "bb", None, "dddd", "e"])
    assert hashes([whole.slice(2, 2)]).tolist() == hashes([whole]).tolist()[2:4]


def test_columns_of_a_key_do_not_run_into_each_other() -> None:
    one = hashes([pa.array(["ab"]), pa.array(["c"])])
    assert one[0] != hashes([pa.array(["a"]), pa.array(["bc"])])[0]
    assert one[0] != hashes([pa.array(["c"]), pa.array(["ab"])])[0]
