"""Values that must not reach any file of a run folder."""

from __future__ import annotations

from typing import Any

import pytest

from builders import a_definition, a_scenario
from cursus_readiness.model.plan import Plan
from cursus_readiness.model.secrets import HIDDEN, hide_secrets, without_secrets
from cursus_readiness.planning.plan import build_plan
from pipelines import processing, training

SECRET = "hunter2-do-not-store"
CODE = {"s3://bucket/code/": "local:code/"}


def a_training_step(**environment: str) -> dict[str, Any]:
    step = training("A", "a.py", {})
    step["Arguments"]["Environment"] = environment
    return step


def stored(step: dict[str, Any], parameters: list[dict[str, Any]] | None = None, **scenario: Any) -> Plan:
    fields = {"inputs": CODE, **scenario}
    text = a_definition(step, parameters=parameters)
    return without_secrets(build_plan(a_scenario(**fields), text, started_at="2026-01-01T00:00:00+00:00"))


@pytest.mark.parametrize(
    "name",
    [
        "DB_PASSWORD", "db_passwd", "API_KEY", "apikey", "AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "private_key",
        "PassPhrase", "CREDENTIALS", "AWS_ACCESS_KEY_ID",
    ],
)  # fmt: skip
def test_a_variable_that_is_named_like_a_secret_is_hidden(name: str) -> None:
    assert hide_secrets({name: SECRET}) == {name: HIDDEN}


@pytest.mark.parametrize("name", ["REGION", "KEYS", "PASSES", "MONKEY", "SM_HPS"])
def test_other_variables_stay(name: str) -> None:
    assert hide_secrets({name: "x"}) == {name: "x"}


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
