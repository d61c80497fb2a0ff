"""What every rule promises."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cursus_readiness.objectstore.archives import pack
from cursus_readiness.rules.base import Judgement, Rule, RuleSyntaxError, UnreadableDataError
from cursus_readiness.rules.registry import RULES
from cursus_readiness.rules.target import Target

# rule -> a form that holds for the files below, one that does not
FORMS: dict[str, tuple[Any, Any]] = {
    "exists": (True, None),
    "files": (1, {"size_bytes": ">= 1000"}),
    "readable": (True, {"largest_cell_bytes": 1}),
    "columns": (["a", "b"], ["a"]),
    "dtypes": ({"a": "integer"}, {"a": "string"}),
    "nulls": ({"a": 0}, {"b": 0}),
    "unique": ("a", "c"),
    "keys": ({"columns": "a", "of": "same"}, {"columns": "a", "of": "other"}),
    "value_range": ({"a": [1, 2]}, {"a": [1, 1]}),
    "allowed_values": ({"a": [1, 2]}, {"a": [1]}),
    "pattern": ({"a": "[0-9]"}, {"a": "[3-9]"}),
    "row_count": ({"count": 2, "of": "same"}, 3),
    "monotonic": ({"a": "increasing"}, {"a": "decreasing"}),
    "class_balance": ({"a": {1: 0.5}}, {"a": {1: "> 0.5"}}),
    "distribution": (
        {"of": "same", "columns": "a", "min_rows": 1},
        {"of": "other", "columns": "a", "min_rows": 1},
    ),
    "no_overlap": ({"columns": "a", "with": "other"}, {"columns": "a", "with": "same"}),
    "predictions": ({"score": "a", "range": [1, 2]}, {"score": "a"}),
    "metric": ("auc >= 0.5", "auc >= 0.6"),
    "model_artifact": (True, {"serves": "same"}),
    "archive_members": (["model.json"], ["model.joblib"]),
    "no_secrets": (True, None),
    "no_personal_data": (True, None),
    "equals": ({"to": "same"}, {"to": "other"}),
    "deterministic": (True, None),
    "pandera": ("file:good", "file:bad"),
}
SPOILED = {
    "exists": b"",
    "no_secrets": b"AKIA" + b"ABCDEFGHIJKLMNOP",
    "no_personal_data": b"a,b\n1,jane.doe@example.com\n",
    "deterministic": b"a,b\n1,xy\n2,\n",
}
# They look for something in particular, and a file in which there is nothing at all has none of it.
LOOKING = ("exists", "files", "no_secrets", "no_personal_data")
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4) | st.integers(), inner, max_size=3),
    max_leaves=6,
)
each_rule = pytest.mark.parametrize("rule", RULES.values(), ids=list(RULES))


@pytest.fixture
def target(tmp_path: Path, rule: Rule) -> Target:
    if rule.key == "pandera":
        pytest.importorskip("pandera", reason="pandera is the user's to install")
    path = tmp_path / "a.csv"
    path.write_text("a,b,c\n1,xx,1\n2,,1\n" if rule.key == "unique" else "a,b\n1,xx\n2,\n", encoding="utf-8")
    if rule.key == "metric":
        path = tmp_path / "m.json"
        path.write_text(json.dumps({"auc": 0.5}), encoding="utf-8")
    if rule.key in ("model_artifact", "archive_members"):
        folder = tmp_path / "model"
        folder.mkdir()
        (folder / "model.json").write_text("{}", encoding="utf-8")
        path = tmp_path / "model.tar.gz"
        pack(folder, path)
    other = tmp_path / "other.csv"
    other.write_text("a,b\n8,xx\n9,\n", encoding="utf-8")
    known = {"same": path, "other": other}
    for name, kind in (("file:good", "int64"), ("file:bad", "str")):
        known[name] = tmp_path / f"{kind}.yaml"
        known[name].write_text(f"schema_type: dataframe\ncolumns: {{a: {{dtype: {kind}}}}}\n", encoding="utf-8")
    again = tmp_path / f"again-{path.name}"
    again.write_bytes(path.read_bytes())
    return Target((path,), refer=lambda written: Target((known[written],)), second_run=lambda: Target((again,)))


def test_every_rule_has_both_forms() -> None:
    assert set(FORMS) == set(RULES)


@each_rule
def test_a_rule_that_is_kept_holds_and_says_what_was_measured(rule: Rule, target: Target) -> None:
    found = rule.parse(FORMS[rule.key][0]).judge(target)
    assert found.held is True
    assert found.message


@each_rule
def test_a_rule_that_is_broken_does_not_hold_and_says_why(rule: Rule, target: Target) -> None:
    if rule.key in SPOILED:
        target.files[0].write_bytes(SPOILED[rule.key])
        found = rule.parse(True).judge(target)
    else:
        found = rule.parse(FORMS[rule.key][1]).judge(target)
    assert found.held is False
    assert found.message


@each_rule
def test_the_same_files_give_the_same_judgement(rule: Rule, target: Target) -> None:
    check = rule.parse(FORMS[rule.key][0])
    again = Target(target.files, refer=target.refer, second_run=target.second_run)
    assert check.judge(target) == check.judge(again)


@pytest.mark.parametrize(
    "rule", [rule for rule in RULES.values() if rule.key not in LOOKING], ids=lambda rule: rule.key
)
@pytest.mark.parametrize("content", [b"", b"\x00\xff\xfe", b"PAR1"], ids=["empty", "binary", "half"])
@pytest.mark.parametrize("suffix", ["csv", "parquet", "jsonl", "json", "tar.gz"])
def test_a_broken_file_is_never_taken_for_good(rule: Rule, content: bytes, suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.{suffix}"
    path.write_bytes(content)
    if rule.key == "pandera":
        pytest.importorskip("pandera", reason="pandera is the user's to install")
    golden = tmp_path / "golden.csv"
    golden.write_text("a,b\n1,x\n", encoding="utf-8")
    target = Target((path,), refer=lambda _: Target((golden,)), second_run=lambda: Target((golden,)))
    try:
        found = rule.parse(FORMS[rule.key][0]).judge(target)
    except UnreadableDataError as error:
        found = Judgement.broken(str(error))
    assert found.held is False
    assert found.message


@each_rule
@given(written=ANYTHING)
def test_whatever_is_written_is_read_or_refused(rule: Rule, written: Any) -> None:
    try:
        said: object = rule.parse(written).judge
    except RuleSyntaxError as error:
        said = str(error)
    assert said
