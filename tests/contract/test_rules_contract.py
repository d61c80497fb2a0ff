"""What every rule promises."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cursus_readiness.rules.base import Judgement, Rule, RuleSyntaxError, UnreadableDataError
from cursus_readiness.rules.registry import RULES
from cursus_readiness.rules.target import Target

# rule -> a form that holds for the files below, one that does not
FORMS: dict[str, tuple[Any, Any]] = {
    "exists": (True, None),
    "row_count": (2, 3),
    "columns": (["a", "b"], ["a"]),
    "dtypes": ({"a": "integer"}, {"a": "string"}),
    "nulls": ({"a": 0}, {"b": 0}),
    "value_range": ({"a": [1, 2]}, {"a": [1, 1]}),
    "metric": ("auc >= 0.5", "auc >= 0.6"),
}
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4) | st.integers(), inner, max_size=3),
    max_leaves=6,
)
each_rule = pytest.mark.parametrize("rule", RULES.values(), ids=list(RULES))


@pytest.fixture
def target(tmp_path: Path, rule: Rule) -> Target:
    if rule.key == "metric":
        path = tmp_path / "m.json"
        path.write_text(json.dumps({"auc": 0.5}), encoding="utf-8")
    else:
        path = tmp_path / "a.csv"
        path.write_text("a,b\n1,x\n2,\n", encoding="utf-8")
    return Target((path,))


def test_every_rule_has_both_forms() -> None:
    assert set(FORMS) == set(RULES)


@each_rule
def test_a_rule_that_is_kept_holds_and_says_what_was_measured(rule: Rule, target: Target) -> None:
    found = rule.parse(FORMS[rule.key][0]).judge(target)
    assert found.held is True
    assert found.message


@each_rule
def test_a_rule_that_is_broken_does_not_hold_and_says_why(rule: Rule, target: Target) -> None:
    if rule.key == "exists":
        target.files[0].write_bytes(b"")
        found = rule.parse(True).judge(target)
    else:
        found = rule.parse(FORMS[rule.key][1]).judge(target)
    assert found.held is False
    assert found.message


@each_rule
def test_the_same_files_give_the_same_judgement(rule: Rule, target: Target) -> None:
    check = rule.parse(FORMS[rule.key][0])
    assert check.judge(Target(target.files)) == check.judge(Target(target.files))


@pytest.mark.parametrize("rule", [rule for rule in RULES.values() if rule.key != "exists"], ids=lambda rule: rule.key)
@pytest.mark.parametrize("content", [b"", b"\x00\xff\xfe", b"PAR1"], ids=["empty", "binary", "half"])
@pytest.mark.parametrize("suffix", ["csv", "parquet", "jsonl", "json", "tar.gz"])
def test_a_broken_file_is_never_taken_for_good(rule: Rule, content: bytes, suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.{suffix}"
    path.write_bytes(content)
    try:
        found = rule.parse(FORMS[rule.key][0]).judge(Target((path,)))
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
