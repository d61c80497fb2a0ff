"""YAML with the line of every field."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from cursus_readiness.scenarios.yaml_lines import LinedDocument, UnreadableYamlError, read_text

TEXT = """\
name: x

steps:
  - A
  - {B: 1}
nested:
  deep:
    here: 3
1: one
"""
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(categories=("L", "N", "P", "Zs")), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", min_size=1), inner, max_size=3),
    max_leaves=10,
)


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ((), 1),
        (("name",), 1),
        (("steps",), 3),
        (("steps", 0), 4),
        (("steps", 1, "B"), 5),
        (("nested", "deep", "here"), 8),
        (("nested", "deep", "missing"), 7),
        (("nested", "missing", "x"), 6),
        (("steps", 7), 3),
        (("missing",), 1),
        ((1,), 9),
        (("name", "below text"), 1),
    ],
)
def test_a_field_has_its_line_or_that_of_what_holds_it(path: tuple[str | int, ...], line: int) -> None:
    assert LinedDocument(TEXT).line_of(path) == line


def test_an_empty_text_is_nothing() -> None:
    document = LinedDocument("")
    assert document.data is None
    assert document.line_of(("a",)) == 1


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        pytest.param("a: 1\nb: [", 3, "did not find expected node content", id="half a list"),
        pytest.param("a: 1\na: 2", 2, "'a' is there twice", id="a key twice"),
        pytest.param("a:\n  b: 1\n  c: 2\n  b: 3", 4, "'b' is there twice", id="a nested key twice"),
        pytest.param("- {a: 1,\n   a: 2}", 2, "'a' is there twice", id="a key twice in a list"),
        pytest.param("a: !!python/object:os.system x", 1, "could not determine a constructor", id="code"),
        pytest.param("a: 1\n---\nb: 2", 2, "but found another document", id="two documents"),
        pytest.param("? [a]\n: 1", 1, "found unhashable key", id="a list as key"),
        pytest.param("a: *nowhere", 1, "found undefined alias", id="an alias of nothing"),
        pytest.param("a: \x01", 1, "control characters are not allowed", id="a control character"),
        pytest.param("a: 2024-13-45", 1, "month must be in 1..12", id="a date that is none"),
        pytest.param("[" * 5000, 1, "", id="nested too deeply"),
        pytest.param("a: &a [*a]", 1, "", id="a list that holds itself"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_line(text: str, line: int, message: str) -> None:
    with pytest.raises(UnreadableYamlError) as caught:
        LinedDocument(text)
    assert message in caught.value.message
    assert abs(caught.value.line - line) <= 1


def test_merged_keys_may_be_overridden() -> None:
    text = "base: &base {a: 1, b: 2}\nx:\n  <<: *base\n  b: 3\n"
    assert LinedDocument(text).data["x"] == {"a": 1, "b": 3}


@pytest.mark.timeout(5)
def test_a_document_of_nested_aliases_is_read_in_reasonable_time() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 9)]
    with suppress(UnreadableYamlError):
        LinedDocument("\n".join(lines))


@pytest.mark.parametrize(
    "value",
    [
        pytest.param({"a": "\U0001f600"}, id="an emoji, escaped as a pair"),
        pytest.param({"a": 1e20}, id="a number with an exponent"),
        pytest.param({"a": "x/y\u2028z\x7f"}, id="unusual characters"),
        pytest.param({"yes": [None, True, "no", "1", "~"]}, id="words that YAML takes for others"),
    ],
)
@pytest.mark.parametrize("indent", [None, 2, "\t"], ids=["compact", "indented", "with tabs"])
def test_json_is_read_as_json(value: Any, indent: Any) -> None:
    assert LinedDocument(json.dumps(value, indent=indent)).data == value


@given(VALUES)
def test_what_was_written_is_read_back(value: Any) -> None:
    assert LinedDocument(yaml.safe_dump(value, allow_unicode=True)).data == value


@given(st.text(alphabet="ab:-[]{}&*!|>'\"#%@, \n\t0", max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        line, message = LinedDocument(text).line_of(("a", 0, "b")), "read"
    except UnreadableYamlError as error:
        line, message = error.line, error.message
    assert 1 <= line <= text.count("\n") + 1
    assert message


@given(st.dictionaries(st.text("abcdef", min_size=1), VALUES, min_size=1, max_size=5))
def test_every_key_is_found_on_its_line(value: dict[str, Any]) -> None:
    text = yaml.safe_dump(value, allow_unicode=True)
    document = LinedDocument(text)
    lines = text.splitlines()
    for key in value:
        shown = lines[document.line_of((key,)) - 1].lstrip("? ")
        assert shown.startswith((key, f"'{key}'"))


def test_a_byte_order_mark_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1")
    assert read_text(path) == "a: 1"


@pytest.mark.parametrize("content", [b"\xff\xfea: 1", b"a: \xe9"], ids=["UTF-16", "Latin-1"])
def test_text_that_is_not_utf_8_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(content)
    with pytest.raises(UnreadableYamlError, match="not UTF-8 text"):
        read_text(path)


@pytest.mark.parametrize("name", [".", "missing.yaml"], ids=["a folder", "nothing"])
def test_what_is_no_file_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(UnreadableYamlError):
        read_text(tmp_path / name)
