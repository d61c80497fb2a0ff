"""How a scenario's validation rules are read."""

from __future__ import annotations

from typing import Any

import pytest

from builders import a_job, a_plan, a_scenario
from cursus_readiness.model.job import JobOutput
from cursus_readiness.rules.registry import BoundRule, read_rules

JOB = a_job(outputs=(JobOutput(name="data", uri="s3://b/data", path="/opt/ml/processing/output/data"),))


def read(rules: dict[str, Any]) -> tuple[list[BoundRule], list[str]]:
    found, findings = read_rules(a_plan(JOB, scenario=a_scenario(validation_rules=rules)))
    return found, [finding.line() for finding in findings]


def mistake(target: str, written: Any) -> str:
    found, lines = read({"Train": {target: written}})
    assert found == []
    assert len(lines) == 1
    return lines[0]


def test_rules_are_bound_to_output_and_files() -> None:
    (first, second), lines = read({"Train": {"data/sub/*.csv": {"row_count": 3, "nulls": {"a": 0}}}})
    assert lines == []
    assert (first.step, first.output, first.pattern, first.key) == ("Train", "data", "sub/*.csv", "row_count")
    assert first.target == "data/sub/*.csv"
    assert second.key == "nulls"


@pytest.mark.parametrize(
    ("written", "keys"),
    [
        ("exists", ["exists"]),
        (True, ["exists"]),
        ("auc >= 0.8", ["metric"]),
        (["auc >= 0.8", "loss < 1"], ["metric"]),
        ({"exists": True, "metric": "auc >= 0.8"}, ["exists", "metric"]),
    ],
)
def test_short_forms_mean_what_people_mean(written: Any, keys: list[str]) -> None:
    found, lines = read({"Train": {"data/x.json": written}})
    assert ([rule.key for rule in found], lines) == (keys, [])


def test_a_scenario_without_rules_has_none() -> None:
    assert read({}) == ([], [])


@pytest.mark.parametrize(
    ("target", "written", "message"),
    [
        pytest.param("dta/*.csv", "exists", "unknown output 'dta' (did you mean 'data'?)", id="a misspelled output"),
        pytest.param("zzz/*.csv", "exists", "unknown output 'zzz' (step 'Train': data)", id="an unknown output"),
        pytest.param("data", "exists", "'data': name files too, as in 'data/*.csv'", id="no files"),
        pytest.param("data/", "exists", "name files too", id="no files after the slash"),
        pytest.param(
            "data/a",
            {"row_cont": 3},
            "data/a: row_cont: unknown rule 'row_cont' (did you mean 'row_count'?)",
            id="a misspelled rule",
        ),
        pytest.param("data/a", {"row_count": "x"}, "data/a: row_count: 'x' is not a bound", id="a broken rule"),
        pytest.param("data/a", None, "data/a: metric: a list of texts", id="nothing"),
        pytest.param("data/a", {}, "data/a", id="no rule at all"),
        pytest.param("data//etc/passwd", "exists", "data//etc/passwd", id="an absolute path"),
        pytest.param("data/../x", "exists", "data/../x", id="a path that leads out"),
        pytest.param("data/a**b", "exists", "data/a**b", id="a pattern that cannot be matched"),
    ],
)
def test_a_rule_that_makes_no_sense_is_a_mistake(target: str, written: Any, message: str) -> None:
    assert message in mistake(target, written)


def test_a_step_needs_a_mapping_of_files() -> None:
    _, lines = read({"Train": ["exists"]})
    assert lines == ["validation_rules.Train: a mapping of 'OutputName/files' to rules is expected"]


def test_rules_of_a_step_that_cannot_run_here_are_read_all_the_same() -> None:
    found, lines = read({"Elsewhere": {"any/*.csv": "exists"}})
    assert ([rule.step for rule in found], lines) == (["Elsewhere"], [])


def test_every_mistake_is_told() -> None:
    _, lines = read({"Train": {"zzz/a": "exists", "data/a": {"nope": 1, "row_count": "x"}}})
    assert len(lines) == 3
