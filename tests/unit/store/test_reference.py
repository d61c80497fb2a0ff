"""What a scenario is compared with."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from builders import a_report, a_result, a_step, a_table
from cursus_readiness.analysis.summary import summary_of
from cursus_readiness.model.result import OutputRecord, StepStatus
from cursus_readiness.model.rule import RuleResult
from cursus_readiness.store.history import write_summary
from cursus_readiness.store.layout import OutLayout, RunLayout
from cursus_readiness.store.records import StepRecord
from cursus_readiness.store.reference import NO_REFERENCES, References
from cursus_readiness.store.writing import write_shape, write_text


def a_run(out: Path, name: str, *, is_complete: bool = True, ended_s: int = 0, **changes: Any) -> None:
    """A run folder with one step of the scenario churn."""
    layout = RunLayout(out / name)
    output = OutputRecord(name="data", uri="s3://b/x", file_count=1, size_bytes=1, tables=(a_table(id="integer"),))
    metric = {"step": "Prep", "target": "m/m.json", "rule": "metric", "held": True, "message": ""}
    rules = (RuleResult(**metric, measured={"auc": 0.9}), RuleResult(**{**metric, "rule": "exists"}))
    step = a_step("Prep", **{"outputs": (output,), **changes})
    record = StepRecord.model_validate({**step.model_dump(), "rules": rules})
    write_shape(layout.scenario("churn").step("Prep").result, record)
    if is_complete:
        write_text(layout.manifest, "{}")
        os.utime(layout.manifest, (ended_s, ended_s))


def test_the_newest_complete_run_that_has_the_scenario_is_found(tmp_path: Path) -> None:
    a_run(tmp_path, "20260101T000000Z-b")
    a_run(tmp_path, "20260102T000000Z-a")
    a_run(tmp_path, "20260103T000000Z-a", is_complete=False)
    a_run(tmp_path, "20260104T000000Z-a", status=StepStatus.FAILED)
    (tmp_path / "latest").symlink_to("20260102T000000Z-a")
    found = References(tmp_path).find("churn")
    assert found is not None
    assert found.name == "run 20260102T000000Z-a"
    step = found.steps["Prep"]
    assert step.outputs[0].tables == (a_table(id="integer"),)
    assert step.metrics == {"m/m.json": {"auc": 0.9}}
    assert References(tmp_path).find("other") is None


def test_of_runs_of_one_second_the_one_that_ended_last_is_the_newest(tmp_path: Path) -> None:
    a_run(tmp_path, "20260101T000000Z-b", ended_s=1)
    a_run(tmp_path, "20260101T000000Z-a", ended_s=2)
    found = References(tmp_path).find("churn")
    assert found is not None
    assert found.name == "run 20260101T000000Z-a"


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"status": "succeeded"}', '{"status": "succeeded", "step_name": "P", "outputs": [1]}']
)
def test_a_step_that_cannot_be_read_is_passed_over(text: str, tmp_path: Path) -> None:
    a_run(tmp_path, "20260101T000000Z-b")
    write_text(RunLayout(tmp_path / "20260102T000000Z-a").scenario("churn").step("Prep").result, text)
    write_text(RunLayout(tmp_path / "20260102T000000Z-a").manifest, "{}")
    found = References(tmp_path).find("churn")
    assert found is not None
    assert found.name == "run 20260101T000000Z-b"


def test_without_a_folder_there_is_nothing_to_compare_with() -> None:
    assert NO_REFERENCES.find("churn") is None
    assert NO_REFERENCES.find("churn", "main") is None


def test_a_promoted_baseline_has_the_numbers_of_its_rules(tmp_path: Path) -> None:
    rule = RuleResult(
        step="Prep", target="m/m.json", rule="metric", held=True, message="", measured={"auc": 0.9, "loss": 0.1}
    )
    summary = summary_of(a_report(a_result([a_step("Prep"), a_step("Train")], rules=(rule,))))
    write_summary(OutLayout(tmp_path).baseline("main"), summary)
    found = References(tmp_path).find("churn", "main")
    assert found is not None
    assert found.name == "baseline main"
    assert found.steps["Prep"].metrics == {"m/m.json": {"auc": 0.9, "loss": 0.1}}
    assert found.steps["Train"].metrics == {}
    assert References(tmp_path).find("other", "main") is None
    assert References(tmp_path).find("churn", "another") is None
