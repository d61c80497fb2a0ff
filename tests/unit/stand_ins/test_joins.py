"""Filters and joins of batch transform, as the developer guide has them."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from readiness_artifact import MistakeError
from readiness_joins import DataProcessing
from readiness_paths import selector

RECORD = {"id": 7, "features": [1, 2, 3], "meta": {"a": 1, "b": 2}, "rows": [{"x": 1}, {"x": 2}]}
ROW = ["id", "a", "b", "c"]
FIELDS = st.lists(
    st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"])), min_size=2, max_size=5
)


def processing(content: str = "text/csv", **told: str) -> DataProcessing:
    plain = {"content_type": content, "accept": content, "input_filter": "$", "output_filter": "$", "join": "None"}
    return DataProcessing({**plain, **told})


def line(fields: list[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(fields)
    return text.getvalue().encode()


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("$", RECORD),
        ("$.id", 7),
        ("$.features", [1, 2, 3]),
        ("$.features[0]", 1),
        ("$.features[-1]", 3),
        ("$.features[0,2]", [1, 3]),
        ("$.features[1:]", [2, 3]),
        ("$.meta.*", [1, 2]),
        ("$['id','features']", {"id": 7, "features": [1, 2, 3]}),
        ("$.['id']", 7),
        ("$.rows[*].x", [1, 2]),
        ("$.rows[0:1].x", [1]),
    ],
)
def test_a_filter_takes_of_json_what_its_path_says(path: str, expected: Any) -> None:
    assert selector(path, is_row=False)(RECORD) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("$", ROW),
        ("$[1:]", ["a", "b", "c"]),
        ("$[:3]", ["id", "a", "b"]),
        ("$[1:-1]", ["a", "b"]),
        ("$[0]", ["id"]),
        ("$[0,-1]", ["id", "c"]),
        ("$[*]", ROW),
    ],
)
def test_a_filter_takes_columns_of_a_row(path: str, expected: list[str]) -> None:
    assert selector(path, is_row=True)(ROW) == expected


@pytest.mark.parametrize(
    ("path", "is_row", "message"),
    [
        ("$['account_id']", False, "takes no '_'"),
        ("$[0:2,246:]", True, "stands alone"),
        ("$.name", True, "no names"),
        ("$['a','b']", True, "no names"),
        ("id", False, "begins with"),
        ("$..id", False, "cannot be read"),
        ("$[?]", False, "takes no '\\?'"),
        ("$[a]", False, "neither names"),
        ("$[]", False, "neither names"),
    ],
)
def test_a_filter_that_the_service_does_not_take_is_refused(path: str, is_row: bool, message: str) -> None:
    with pytest.raises(MistakeError, match=message):
        selector(path, is_row=is_row)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("$.nobody", "no 'nobody' among id, features"),
        ("$.features[3]", "index 3 is asked of 3"),
        ("$.id[0]", "an index is asked of a number"),
        ("$.features.x", "'x' is asked of a list"),
        ("$.id.*", r"\* is asked of a number"),
    ],
)
def test_a_record_that_lacks_what_a_filter_asks_for_is_named(path: str, message: str) -> None:
    with pytest.raises(MistakeError, match=message):
        selector(path, is_row=False)(RECORD)


@given(st.text(max_size=12), st.booleans())
def test_any_filter_is_read_or_refused(path: str, is_row: bool) -> None:
    try:
        found = selector(f"${path}", is_row=is_row)(ROW)
    except MistakeError:
        return
    assert not is_row or isinstance(found, list)


@given(st.lists(FIELDS, min_size=1, max_size=5))
def test_joined_rows_are_the_inputs_followed_by_the_answers(rows: list[list[str]]) -> None:
    batch = [line(row) for row in rows]
    answer = "".join(f"{number}\n" for number in range(len(rows))).encode()
    kept = processing(join="Input").kept(batch, answer).decode().split("\n")[:-1]
    assert [next(csv.reader([text])) for text in kept] == [[*row, str(number)] for number, row in enumerate(rows)]


def test_a_filtered_line_keeps_its_end_and_its_quotes() -> None:
    filtered = processing(input_filter="$[1:]")
    assert filtered.sent(b'1,"a,b",2\n') == b'"a,b",2\n'
    assert filtered.sent(b"1,2") == b"2"
    assert processing().sent(b"as it is\r\n") == b"as it is\r\n"


def test_an_id_is_joined_with_its_prediction() -> None:
    chosen = processing(input_filter="$[1:]", join="Input", output_filter="$[0,-1]")
    assert chosen.kept([b"7,1,2\n", b"8,3,4\n"], b"0.5\n0.25\n") == b"7,0.5\n8,0.25\n"


def test_json_answers_go_into_an_attribute_of_the_record() -> None:
    joined = processing("application/jsonlines", join="Input")
    assert joined.kept([b'{"key": 1}\n', b"[1]\n"], b'{"label": 1}\n{"label": 2}\n').splitlines() == [
        b'{"key": 1, "SageMakerOutput": {"label": 1}}',
        b'{"SageMakerInput": [1], "SageMakerOutput": {"label": 2}}',
    ]
    chosen = processing("application/json", join="Input", output_filter="$['id','SageMakerOutput']")
    assert json.loads(chosen.kept([json.dumps(RECORD).encode()], b'{\n"y": 1}')) == {
        "id": 7,
        "SageMakerOutput": {"y": 1},
    }


def test_answers_are_filtered_without_a_join() -> None:
    chosen = processing(accept="application/json", output_filter="$['class']")
    assert chosen.kept([b"1,2\n"], b'{"class": "a", "score": 0.5}') == b'"a"\n'


def test_an_answer_that_does_not_fit_its_records_is_named() -> None:
    with pytest.raises(MistakeError, match="1 lines for 2 records"):
        processing(join="Input").kept([b"1\n", b"2\n"], b"0.5\n")
    with pytest.raises(MistakeError, match="not JSON"):
        processing("application/json", join="Input").kept([b"{}"], b"oops")
