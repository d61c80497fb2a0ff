"""One hand-built report in every text format, byte for byte.

After a change that is meant: ``REBASELINE=1 pytest tests/golden``, then look at the difference.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from builders import a_report, a_result, a_rule, a_step, a_step_that_never_ran, a_usage
from cursus_readiness.model.finding import Finding, Severity
from cursus_readiness.model.report import ReadinessReport
from cursus_readiness.model.result import OutputRecord, StepStatus
from cursus_readiness.render.json import render_json
from cursus_readiness.render.junit import render_junit
from cursus_readiness.render.markdown import render_markdown
from cursus_readiness.units import GIB, MIB

EXPECTED = Path(__file__).parent / "expected"
FORMATS = {"readiness.json": render_json, "readiness.md": render_markdown, "junit.xml": render_junit}


def the_report() -> ReadinessReport:
    """A scenario that is good but wasteful, one that fails, one that is invalid."""
    good = a_result(
        [
            a_step(
                "Prep",
                wall_s=4.5,
                usage=a_usage(cpu_s=4.1, peak_memory_bytes=300 * MIB),
                instance_type="ml.m5.4xlarge",
                instance_count=1,
                command=("python3", "prep.py"),
                outputs=(OutputRecord(name="train", uri="s3://bucket/train", file_count=2, size_bytes=5 * MIB),),
            ),
            a_step("Train", depends_on=("Prep",), usage=a_usage(peak_memory_bytes=int(3.5 * GIB), cpu_s=9.0)),
            a_step("Wait", depends_on=("Train",), wall_s=125.0, usage=a_usage(cpu_s=0.5), status=StepStatus.FLAKY),
        ],
        scenario_name="churn",
        description="Trains a model.",
        tags=("smoke",),
        rules=(a_rule(step="Prep", message="6,000 rows"), a_rule(rule="metric", message="auc = 0.91")),
        performance_metrics={"cpu_s": 13.6, "step_wall_s": 139.5},
    )
    failing = a_result(
        [
            a_step("Load"),
            a_step(
                "Convert",
                status=StepStatus.FAILED,
                reason="exit code 1: ValueError: <bad> | row",
                exit_code=1,
                attempt_count=2,
                depends_on=("Load",),
            ),
            a_step("Simulate", status=StepStatus.OUT_OF_MEMORY, reason="over 4 GiB", exit_code=None, signal=9),
            a_step_that_never_ran("Publish", StepStatus.BLOCKED, "Convert failed"),
        ],
        scenario_name="payments",
        error_details="step Convert: exit code 1",
        rules=(
            a_rule(step="Load", held=False, message="3 rows, expected >= 10", examples=("part-0.csv",)),
            a_rule(step="Publish", held=None, message="not judged: the step did not run"),
        ),
        findings=(Finding(id="empty-output", severity=Severity.WARNING, message="output 'x' is empty", step="Load"),),
    )
    invalid = a_result(
        [],
        scenario_name="broken.yaml",
        problem="invalid",
        error_details="broken.yaml:3: timeout_minuts: unknown field",
        total_duration=float("nan"),
        started_at=None,
    )
    return a_report(good, failing, invalid, wall_s=200.25)


@pytest.mark.parametrize("name", FORMATS)
def test_a_report_looks_as_it_did(name: str) -> None:
    found = FORMATS[name](the_report())
    path = EXPECTED / name
    if os.environ.get("REBASELINE"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(found, encoding="utf-8")
    expected = path.read_text(encoding="utf-8") if path.is_file() else ""
    assert found == expected, f"{name} has changed; if that is meant: REBASELINE=1 pytest tests/golden"
