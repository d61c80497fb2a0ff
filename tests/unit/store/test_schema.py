"""Stored shapes and their version."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import BaseModel

from builders import START, a_result, a_step, an_environment
from cursus_readiness.errors import InvalidInputError
from cursus_readiness.model.report import SCHEMA_VERSION, RunManifest
from cursus_readiness.model.result import E2ETestResult, StepResult
from cursus_readiness.store.schema import dump, load

MANIFEST = RunManifest(
    run_id="r", started_at=START, finished_at=START, wall_s=1.0, environment=an_environment(), scenarios=("a",)
)


@pytest.mark.parametrize("shape", [a_step(), MANIFEST], ids=["without a version of its own", "with one"])
def test_what_is_dumped_is_loaded(shape: BaseModel) -> None:
    assert load(type(shape), dump(shape), "x") == shape


def test_not_measured_survives() -> None:
    text = dump(a_result([], total_duration=float("nan")))
    assert json.loads(text)["peak_memory_usage"] is None
    assert json.loads(text)["total_duration"] is None
    found = load(E2ETestResult, text, "x")
    assert found.peak_memory_usage != found.peak_memory_usage  # NaN
    assert found.total_duration != found.total_duration


def test_every_shape_carries_the_version_first() -> None:
    assert next(iter(json.loads(dump(a_step())).items())) == ("schema_version", SCHEMA_VERSION)


@pytest.mark.parametrize("text", ["", "{", "[]", "3", '"a"', "null", "{}"])
def test_what_is_no_stored_shape_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError, match=r"here\.json: not a file of a run folder"):
        load(StepResult, text, "here.json")


@pytest.mark.parametrize("version", [SCHEMA_VERSION + 1, 0, "1", None])
def test_another_version_is_refused_with_a_remedy(version: Any) -> None:
    fields = {**json.loads(dump(a_step())), "schema_version": version}
    with pytest.raises(InvalidInputError, match="schema version") as caught:
        load(StepResult, json.dumps(fields), "here.json")
    assert caught.value.fix


@pytest.mark.parametrize(
    "change", [{"status": "perhaps"}, {"more": 1}, {"wall_s": -1}, {"usage": {"peak_rss_bytes": 3, "sample_count": 0}}]
)
def test_a_shape_that_does_not_fit_is_named_with_its_field(change: dict[str, Any]) -> None:
    fields = {**json.loads(dump(a_step())), **change}
    with pytest.raises(InvalidInputError, match=f"here.json: {next(iter(change))}"):
        load(StepResult, json.dumps(fields), "here.json")
