"""Channels of the built-in algorithm become labels, weights and features."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet
from xgboost_data import kind_of, read
from xgboost_hyperparameters import MistakeError

pytest.importorskip("scipy", reason="comes with xgboost-cpu")


def channel(folder: Path, **files: str) -> str:
    """A channel of files, whose ``__`` is a slash."""
    for name, text in files.items():
        path = folder / "train" / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return str(folder / "train")


@pytest.mark.parametrize(
    ("content_type", "kind"),
    [
        (None, "libsvm"),
        ("csv", "csv"),
        ("text/csv", "csv"),
        ("text/csv; label_size=1;charset=utf8", "csv"),
        ("text/x-libsvm", "libsvm"),
        ("application/x-parquet", "parquet"),
    ],
)
def test_the_content_type_says_how_files_are_read(content_type: str | None, kind: str) -> None:
    assert kind_of(content_type) == kind


@pytest.mark.parametrize("content_type", ["text/tab", "text/csv;label_size=2"])
def test_a_content_type_that_cannot_be_read_is_named(content_type: str) -> None:
    with pytest.raises(MistakeError, match=content_type):
        kind_of(content_type)


def test_csv_files_of_a_channel_are_put_together(tmp_path: Path) -> None:
    folder = channel(tmp_path, a="1,2,3\n0,,-1e3\n", part__b="1,4,5\n\n", _SUCCESS="")
    labels, weights, features = read(folder, "csv", has_weights=False)
    assert labels.tolist() == [1, 0, 1]
    assert weights is None
    np.testing.assert_array_equal(features, [[2, 3], [np.nan, -1000], [4, 5]])


def test_csv_weights_are_the_second_column(tmp_path: Path) -> None:
    labels, weights, features = read(channel(tmp_path, a="1;0.5;3\n0;2;4\n"), "csv", has_weights=True)
    assert (labels.tolist(), weights.tolist(), features.tolist()) == ([1, 0], [0.5, 2], [[3], [4]])


def test_what_is_not_a_number_is_missing_and_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, _, features = read(channel(tmp_path, a="1,2\n0,red\n0,NA\n"), "csv", has_weights=False)
    np.testing.assert_array_equal(features, [[2], [np.nan], [np.nan]])
    assert "a:2: 'red' is not a number, and 1 more values: taken as missing" in capsys.readouterr().err


def test_libsvm_names_label_weight_and_columns(tmp_path: Path) -> None:
    labels, weights, features = read(channel(tmp_path, a="1 0:2 2:3.5\n0:0.5 1:1\n"), "libsvm", has_weights=False)
    assert (labels.tolist(), weights.tolist()) == ([1, 0], [1, 0.5])
    assert features.toarray().tolist() == [[2, 0, 3.5], [0, 1, 0]]


def test_parquet_has_the_label_first_and_gaps(tmp_path: Path) -> None:
    folder = channel(tmp_path)
    (tmp_path / "train").mkdir()
    parquet.write_table(pa.table({"y": [1, 0], "x": pa.array([None, 2.5])}), tmp_path / "train" / "a.parquet")
    labels, weights, features = read(folder, "parquet", has_weights=False)
    assert (labels.tolist(), weights) == ([1, 0], None)
    np.testing.assert_array_equal(features, [[np.nan], [2.5]])


def test_folders_deeper_than_the_container_reads_are_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = channel(tmp_path, a="1,2\n", b__c__d="1,3\n", b__c__e__f="1,4\n")
    assert read(folder, "csv", has_weights=False)[2].tolist() == [[2], [3]]
    assert "deeper than 3 levels" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("kind", "files", "message"),
    [
        pytest.param("csv", {"a": ""}, "no data in channel 'train'", id="an empty channel"),
        pytest.param("csv", {"a": "churned,age\n1,2\n"}, "a:1 is a header line", id="a header line"),
        pytest.param("csv", {"a": "1,2\n", "b": "y,x\n1,2\n"}, "b:1 is a header line", id="a header in a later file"),
        pytest.param("csv", {"a": "1,2\nyes,3\n"}, "a:2: the label 'yes' is not a number", id="a label that is text"),
        pytest.param("csv", {"a": "1,2\n1,2,3\n"}, "a:2: 3 columns, where the first line has 2", id="a ragged table"),
        pytest.param("csv", {"a": "1\n"}, "no delimiter", id="a label alone"),
        pytest.param("csv", {".part": "1,2\n"}, "hidden file", id="a hidden file"),
        pytest.param("libsvm", {"a": "1,2,3\n"}, "is not libsvm", id="csv without a content type"),
        pytest.param("libsvm", {"a": "1 0:1 x\n"}, "a:1: .* is not libsvm", id="a word"),
        pytest.param("parquet", {"a": "1,2\n"}, "train/a: ", id="no Parquet file"),
    ],
)
def test_each_mistake_names_its_place(tmp_path: Path, kind: str, files: dict[str, str], message: str) -> None:
    with pytest.raises(MistakeError, match=message):
        read(channel(tmp_path, **files), kind, has_weights=False)


def test_parquet_of_text_or_of_different_widths_is_named(tmp_path: Path) -> None:
    (tmp_path / "train").mkdir()
    parquet.write_table(pa.table({"y": [1], "x": ["red"]}), tmp_path / "train" / "a.parquet")
    with pytest.raises(MistakeError, match=r"a\.parquet: .*red"):
        read(str(tmp_path / "train"), "parquet", has_weights=False)
    parquet.write_table(pa.table({"y": [1], "x": [1]}), tmp_path / "train" / "a.parquet")
    parquet.write_table(pa.table({"y": [1]}), tmp_path / "train" / "b.parquet")
    with pytest.raises(MistakeError, match="different columns"):
        read(str(tmp_path / "train"), "parquet", has_weights=False)


@given(st.lists(st.lists(st.floats(width=32, allow_nan=False), min_size=3, max_size=3), min_size=1, max_size=5))
def test_any_numbers_come_back_from_csv(tmp_path_factory: pytest.TempPathFactory, rows: list[list[float]]) -> None:
    text = "".join(",".join(map(repr, row)) + "\n" for row in rows)
    labels, _, features = read(channel(tmp_path_factory.mktemp("c"), a=text), "csv", has_weights=False)
    found: Any = np.column_stack([labels, features]).tolist()
    assert found == rows
