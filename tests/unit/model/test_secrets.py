"""Values that must not reach any file of a run folder."""

from __future__ import annotations

import json
from typing import Any

import pytest

from builders import a_definition, a_scenario
from cursus_readiness.model.plan import Plan
from cursus_readiness.model.secrets import Secrets, without_secrets
from cursus_readiness.planning.plan import build_plan
from pipelines import processing, training

SECRET = "hunter2-do-not-store"
RANDOM = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzEXKEY1234"
CODE = {"s3://bucket/code/": "local:code/"}


def a_training_step(**environment: str) -> dict[str, Any]:
    step = training("A", "a.py", {})
    step["Arguments"]["Environment"] = environment
    return step


def stored(step: dict[str, Any], parameters: list[dict[str, Any]] | None = None, **scenario: Any) -> Plan:
    fields = {"inputs": CODE, **scenario}
    text = a_definition(step, parameters=parameters)
    return without_secrets(build_plan(a_scenario(**fields), text, started_at="2026-01-01T00:00:00+00:00"))


def test_a_plan_without_secrets_stays_as_it_is_but_for_the_jobs_own_configuration() -> None:
    plan = stored(processing("A", "a.py", environment={"REGION": "x"}))
    job = plan.steps[0].job
    assert job
    assert job.environment == {"REGION": "x"}
    assert "/opt/ml/config/resourceconfig.json" in job.files


@pytest.mark.parametrize(
    ("step", "scenario"),
    [
        pytest.param(processing("A", "a.py", environment={"API_TOKEN": SECRET}), {}, id="a step's environment"),
        pytest.param(
            processing("A", "a.py"), {"environment_variables": {"API_TOKEN": SECRET}}, id="the scenario's environment"
        ),
        pytest.param(
            processing("A", "a.py"),
            {"steps": {"A": {"environment_variables": {"DB_PASSWORD": SECRET}}}},
            id="the environment of one step of the scenario",
        ),
        pytest.param(a_training_step(API_TOKEN=SECRET), {}, id="a training job's environment"),
        pytest.param(training("A", "a.py", {}, api_token=SECRET), {}, id="a hyperparameter"),
        pytest.param(
            processing("A", "a.py", environment={"DB": {"Get": "Parameters.DbPassword"}}),  # type: ignore[dict-item]
            {"parameters": {"DbPassword": SECRET}},
            id="a parameter",
        ),
    ],
)  # fmt: skip
def test_a_secret_is_nowhere_in_a_plan_that_may_be_stored(step: dict[str, Any], scenario: dict[str, Any]) -> None:
    parameters = [{"Name": name} for name in scenario.get("parameters", {})]
    fields = {"inputs": CODE, **scenario}
    plan = build_plan(a_scenario(**fields), a_definition(step, parameters=parameters), started_at="2026-01-01")
    assert SECRET in plan.model_dump_json()
    assert SECRET not in without_secrets(plan).model_dump_json()


@pytest.mark.parametrize("argument", [["--db-password", "abc"], ["--db-password=abc"]], ids=" ".join)
def test_a_secret_argument_is_hidden_even_when_it_is_short(argument: list[str]) -> None:
    plan = stored(processing("A", "a.py", arguments=[*argument, "--epochs", "3"]))
    job = plan.steps[0].job
    assert job
    assert not any("abc" in part for part in job.command)
    assert job.command[-2:] == ("--epochs", "3")


def test_random_text_is_a_secret_whatever_its_name() -> None:
    plan = stored(processing("A", "a.py", environment={"SETTING": RANDOM, "COPY": f"x {RANDOM} y"}))
    job = plan.steps[0].job
    assert job
    assert job.environment == {"SETTING": "***", "COPY": "x *** y"}


def test_a_column_that_is_named_like_a_secret_keeps_its_rules() -> None:
    rules = {"A": {"x/v.csv": {"dtypes": {"session_token": "string"}}}}
    plan = stored(processing("A", "a.py", environment={"API_TOKEN": SECRET}), validation_rules=rules)
    assert plan.scenario.validation_rules == rules


def test_what_is_told_is_hidden_and_what_programs_go_by_stays() -> None:
    secrets = Secrets(["succeeded", SECRET])
    told = secrets.told({"status": "succeeded", "reason": f"exit code 1: {SECRET}", "rules": [{"message": SECRET}]})
    assert told == {"status": "succeeded", "reason": "exit code 1: ***", "rules": [{"message": "***"}]}


def test_the_longest_secret_is_hidden_first() -> None:
    assert Secrets(["hunter2", "hunter2-and-more"]).hide("x hunter2-and-more y") == "x *** y"


def test_a_secret_is_hidden_inside_json_too() -> None:
    value = 'pass"word\\1'
    assert value not in json.loads(Secrets([value]).hide(json.dumps({"x": value})))["x"]
