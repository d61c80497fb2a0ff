"""Run folders of earlier versions are judged and rendered as they were then.

To add one: run a small pipeline with the version before a stored shape changes, keep its folder without ``.work`` and
the pages, and give it the name of what was different then.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from cursus_readiness import workflow
from cursus_readiness.model.rule import RuleResult

RUNS = sorted(entry for entry in Path(__file__).parent.iterdir() if (entry / "events.jsonl").is_file())


@pytest.mark.parametrize("run", RUNS, ids=lambda item: item.name)
def test_an_old_run_is_judged_as_it_was(run: Path, tmp_path: Path) -> None:
    folder = tmp_path / "20260101T000000Z-abcdef"
    shutil.copytree(run, folder)
    then = json.loads((run / "readiness.json").read_text(encoding="utf-8"))
    outcome = workflow.report(folder)
    assert outcome.report.verdict == then["verdict"]
    assert outcome.report.reason == then["reason"]
    assert outcome.report.is_complete is then["is_complete"]
    now = outcome.report.scenarios[0]
    before = then["scenarios"][0]
    assert list(now.rules) == [RuleResult.model_validate(rule) for rule in before["rules"]]
    assert len(now.findings) == len(before["findings"])
    for step, old in zip(now.steps, before["steps"], strict=True):
        assert (step.step_name, step.status, step.reason) == (old["step_name"], old["status"], old["reason"])
        assert step.usage.peak_memory_bytes == old["peak_memory_bytes"]
    assert outcome.unwritten == ()
    assert then["verdict"].replace("_", " ") in (tmp_path / "index.html").read_text(encoding="utf-8")


def test_outputs_of_runs_that_described_no_tables_are_not_known(tmp_path: Path) -> None:
    folder = tmp_path / "20260101T000000Z-abcdef"
    shutil.copytree(Path(__file__).parent / "outputs-without-tables", folder)
    scenario = workflow.report(folder).report.scenarios[0]
    assert scenario.steps[0].outputs[0].tables is None
    assert [(edge.producer, edge.table_count) for edge in scenario.data_flow.edges] == [("Write", None)]
    assert scenario.data_flow.findings == ()
