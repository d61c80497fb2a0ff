"""Real runs beside a baseline that was promoted from them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cursus_readiness import past, workflow
from cursus_readiness.errors import UsageError
from cursus_readiness.model.comparison import Standing, StepChange
from cursus_readiness.model.report import ReadinessReport, RunSettings
from pipelines import processing, write_pipeline

pytestmark = pytest.mark.slow

WRITE = "open('/opt/ml/processing/output/x/v', 'w').write('1' * {count})"


def run(folder: Path, *names: str, count: int = 2000, baseline: str | None = None) -> ReadinessReport:
    """Steps that write so many bytes."""
    steps = [processing(name, f"{name}.py", outputs={"x": f"s3://bucket/{name}"}) for name in names]
    programs = {f"{name}.py": WRITE.format(count=count) for name in names}
    path = write_pipeline(folder, steps, programs)
    return workflow.run(path, folder / "reports", settings=RunSettings(baseline=baseline)).report


def test_a_run_is_compared_with_the_baseline_and_its_repeats(tmp_path: Path) -> None:
    out = tmp_path / "reports"
    first = run(tmp_path, "Write")
    assert first.comparison is None
    past.promote(out, [first.run_id], "main")
    second, third = run(tmp_path, "Write"), run(tmp_path, "Write")
    assert third.comparison is not None
    assert third.comparison.before.run_ids == (first.run_id,)
    assert third.comparison.now.run_ids == (second.run_id, third.run_id)
    assert third.comparison.count(Standing.REGRESSED) == 0
    assert not third.comparison.has_other_verdict
    stored = json.loads((out / third.run_id / "readiness.json").read_text(encoding="utf-8"))
    assert stored["comparison"]["before"]["name"] == "main"
    again = workflow.report(out / third.run_id)
    assert again.report == third
    assert workflow.report(out / third.run_id, baseline="none").report.comparison is None
    assert [entry.run_id for entry in past.history(out)] == [third.run_id, second.run_id, first.run_id]
    page = (out / "index.html").read_text(encoding="utf-8")
    assert all(run_id in page for run_id in (first.run_id, second.run_id, third.run_id))


def test_what_a_change_did_to_steps_and_outputs_is_told(tmp_path: Path) -> None:
    first = run(tmp_path, "Write", "Old")
    second = run(tmp_path, "Write", "New", count=9000, baseline=first.run_id)
    assert second.comparison is not None
    steps = second.comparison.scenarios[0].steps
    assert {step.step_name: step.change for step in steps} == {
        "Write": StepChange.KEPT, "New": StepChange.ADDED, "Old": StepChange.REMOVED
    }  # fmt: skip
    changed = list(second.comparison.found(Standing.CHANGED))
    assert [(step.step_name, figure.figure.value) for _, step, figure in changed] == [("Write", "output size")]
    assert [audit.outcome.value for audit in second.audits if audit.id == "changed-output"] == ["WARN"]


def test_a_baseline_that_is_not_there_stops_a_run_before_it_begins(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="neither a baseline nor a run"):
        run(tmp_path, "Write", baseline="weekly")
    assert not (tmp_path / "reports").exists()
