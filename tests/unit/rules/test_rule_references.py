"""What rules compare with, and the settings of a target."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from builders import a_job, a_plan, a_scenario, an_input
from cursus_readiness.model.job import JobOutput
from cursus_readiness.model.plan import Plan
from cursus_readiness.model.rule import RuleResult
from cursus_readiness.objectstore.store import ObjectStore
from cursus_readiness.rules import streaming, unique
from cursus_readiness.rules.judging import judge
from cursus_readiness.rules.reading import Piece, pieces
from cursus_readiness.rules.registry import read_rules
from rule_files import put

SPLIT = a_job("Split", outputs=(JobOutput(name="splits", uri="s3://b/splits", path="/opt/ml/processing/output"),))
TRAIN = a_job(
    "Train",
    inputs=(an_input("s3://b/splits", name="data"), an_input("s3://b/one.csv", name="single")),
    outputs=(JobOutput(name="out", uri="s3://b/out", path="/opt/ml/processing/output"),),
)
LATER = a_job("Later", outputs=(JobOutput(name="late", uri="s3://b/late", path="/opt/ml/processing/output"),))


def a_plan_with(rules: dict[str, Any], folder: Path, split: dict[str, Any] | None = None) -> Plan:
    written = {"Train": rules, **({"Split": split} if split else {})}
    return a_plan(SPLIT, TRAIN, LATER, scenario=a_scenario(folder, validation_rules=written))


def results(rules: dict[str, Any], folder: Path, split: dict[str, Any] | None = None) -> list[RuleResult]:
    bound, findings = read_rules(a_plan_with(rules, folder, split))
    assert [finding.line() for finding in findings] == []
    return judge(TRAIN, [rule for rule in bound if rule.step == "Train"], ObjectStore(folder / "s3"))


@pytest.mark.parametrize(
    ("reference", "held"),
    [
        ("input:data/train.csv", True),
        ("input:data/*.csv", False),
        ("input:single/one.csv", True),
        ("out/second.csv", True),
        ("Split:splits/train.csv", True),
        ("file:golden/rows.csv", True),
        ("file:golden/*.csv", True),
    ],
)
def test_a_reference_is_found_wherever_it_lies(reference: str, held: bool, tmp_path: Path) -> None:
    for name, rows in (("splits/train", 2), ("splits/val", 1), ("one", 2), ("out/first", 2), ("out/second", 2)):
        put(tmp_path / f"s3/b/{name}.csv", "a\n" + "1\n" * rows)
    put(tmp_path / "golden/rows.csv", "a\n1\n2\n")
    (found,) = results({"out/first.csv": {"row_count": {"of": reference}}}, tmp_path)
    assert found.held is held


def test_a_rule_whose_reference_has_no_files_is_not_judged(tmp_path: Path) -> None:
    put(tmp_path / "s3/b/out/a.csv", "a\n1\n")
    (found,) = results({"out/a.csv": {"row_count": {"of": "Split:splits/*.csv"}}}, tmp_path)
    assert (found.held, found.message) == (None, "not judged: Split:splits/*.csv: no file matches")


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("input:dta/*.csv", "step 'Train' has the inputs data, single"),
        ("Split:split/*.csv", "step 'Split' has the outputs splits"),
        ("other/*.csv", "step 'Train' has the outputs out"),
        ("Nowhere:out/*.csv", "unknown step 'Nowhere'"),
        ("Later:late/*.csv", "step 'Later' runs after 'Train'"),
        ("Split:splits", "name files too"),
        ("Split:splits/../x", "a pattern below the output is expected"),
        ("file:nothing.csv", "there is no such file"),
        ("file:", "there is no such file"),
    ],
)
def test_a_reference_that_leads_nowhere_is_a_mistake(reference: str, message: str, tmp_path: Path) -> None:
    plan = a_plan_with({"out/a.csv": {"keys": {"columns": "a", "of": reference}}}, tmp_path)
    _, (finding,) = read_rules(plan)
    assert message in finding.message


def test_csv_without_a_header_has_the_columns_that_the_scenario_names(tmp_path: Path) -> None:
    put(tmp_path / "s3/b/out/a.csv", "1,x\n2,y\n")
    rules = {"header": False, "columns": ["n", "t"], "row_count": 2, "dtypes": {"n": "integer"}, "unique": "t"}
    assert [result.held for result in results({"out/a.csv": rules}, tmp_path)] == [True] * 4


def test_csv_without_a_header_and_with_other_columns_is_a_finding(tmp_path: Path) -> None:
    put(tmp_path / "s3/b/out/a.csv", "1,x\n2,y\n")
    (found,) = results({"out/a.csv": {"header": False, "columns": ["n"]}}, tmp_path)
    assert (found.held, found.message) == (
        False,
        "a.csv is not readable: CSV parse error: Expected 1 columns, got 2",
    )


def test_a_reference_is_read_as_the_rules_on_it_say(tmp_path: Path) -> None:
    put(tmp_path / "s3/b/splits/a.csv", "7\n8\n")
    put(tmp_path / "s3/b/out/a.csv", "id;b\n8;1\n7;1\n")
    split = {"splits/a.csv": {"header": False, "columns": ["id"]}}
    rules = {"out/a.csv": {"delimiter": ";", "keys": {"columns": "id", "of": "Split:splits/a.csv"}}}
    assert results(rules, tmp_path, split)[0].held


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ({"header": False, "row_count": 1}, "header: false needs the names of all columns"),
        ({"header": False, "columns": {"include": ["a"]}}, "header: false needs the names of all columns"),
        ({"header": "no", "columns": ["a"]}, "header: true or false is expected"),
        ({"delimiter": ";;", "columns": ["a"]}, "delimiter: one character"),
        ({"examples": "all", "columns": ["a"]}, "examples: 'masked' or 'shown' is expected"),
        ({"header": True}, "there is no rule"),
        ({"headr": False, "columns": ["a"]}, "unknown rule 'headr'"),
        ({"keys": {"column": "a", "of": "input:data/*"}}, "did you mean 'columns'?"),
    ],
)
def test_settings_that_make_no_sense_are_a_mistake(rules: dict[str, Any], message: str, tmp_path: Path) -> None:
    _, findings = read_rules(a_plan_with({"out/a.csv": rules}, tmp_path))
    assert any(message in finding.message for finding in findings)


def test_a_list_of_mappings_is_a_rule_for_each(tmp_path: Path) -> None:
    put(tmp_path / "s3/b/out/a.csv", "a,b\n1,2\n")
    put(tmp_path / "s3/b/splits/a.csv", "a,b\n1,3\n")
    rules = [{"columns": name, "of": "Split:splits/a.csv"} for name in ("a", "b")]
    assert [result.held for result in results({"out/a.csv": {"keys": rules}}, tmp_path)] == [True, False]


@pytest.mark.parametrize(("examples", "shown"), [("masked", "a.csv row 2: x-9"), ("shown", "a.csv row 2: k-1")])
def test_examples_are_masked_unless_the_scenario_wants_them(examples: str, shown: str, tmp_path: Path) -> None:
    put(tmp_path / "s3/b/out/a.csv", "id\nk-1\nk-1\n")
    (found,) = results({"out/a.csv": {"unique": "id", "examples": examples}}, tmp_path)
    assert found.examples == (shown,)


def test_rules_on_the_same_files_share_one_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    passes = []

    def counted(path: Path, *rest: Any) -> Iterator[Piece]:
        passes.append(path.name)
        return pieces(path, *rest)

    monkeypatch.setattr(streaming, "pieces", counted)
    put(tmp_path / "s3/b/out/a.csv", "id,n\na,1\nb,2\n")
    rules = {
        "row_count": 2, "unique": "id", "pattern": {"id": "."}, "monotonic": {"n": "increasing"},
        "allowed_values": {"n": [1, 2]}, "class_balance": {"n": {1: 0.5}}, "nulls": {"*": 0},
        "predictions": {"score": "n", "range": [0, 2]},
    }  # fmt: skip
    assert all(result.held for result in results({"out/a.csv": rules}, tmp_path))
    assert passes == ["a.csv"]


def test_a_rule_that_fails_is_not_judged_and_costs_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path / "s3/b/out/a.csv", "id\na\na\n")
    monkeypatch.setattr(unique, "rows_with", lambda *_, **__: 1 / 0)
    first, second = results({"out/a.csv": {"unique": "id", "row_count": 2}}, tmp_path)
    assert (first.held, first.message) == (None, "not judged: the rule failed with ZeroDivisionError")
    assert second.held
