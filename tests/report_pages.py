"""A report that has everything that a page must show: every status, hostile names, nothing measured, a waiver."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

from builders import a_report, a_result, a_rule, a_step, a_step_that_never_ran, a_table, a_usage
from cursus_readiness.analysis.critical_path import critical_path
from cursus_readiness.model.attachments import Attachments, LogTail, StepDetail, StepInput, StepSeries
from cursus_readiness.model.audit import Quantity, Unit, Waiver
from cursus_readiness.model.comparison import (
    Comparison,
    Figure,
    FigureComparison,
    ScenarioComparison,
    Side,
    Spread,
    Standing,
    StepChange,
    StepComparison,
)
from cursus_readiness.model.finding import Finding, Severity
from cursus_readiness.model.lineage import ChangeKind, DataFlow, FlowEdge, FlowNode, NodeKind, TableChange
from cursus_readiness.model.lineage import Comparison as FlowComparison
from cursus_readiness.model.report import ReadinessReport
from cursus_readiness.model.result import E2ETestResult, OutputRecord, StepResult, StepStatus, Usage
from cursus_readiness.model.verdict import Verdict
from cursus_readiness.units import GIB, MIB

HOSTILE = "</script><script>window.harmed=1</script><img src=x onerror=window.harmed=1> \u202eevil\u202c"
LOG = f"""\x1b[31mstarting\x1b[0m
 10%\r 50%\r100%
{HOSTILE}
\x1b]8;;http://example.invalid\x07link\x1b]8;;\x07
Traceback (most recent call last):
  File "train.py", line 3, in <module>
builtins.ValueError: could not convert string to float: 'n/a'
"""


def series_of(scenario: str, step: StepResult, points: int = 240) -> StepSeries:
    """Samples that climb to the peak of a step."""
    wall_s, peak = step.wall_s or 0.0, step.usage.peak_memory_bytes or 0
    return StepSeries(
        scenario=scenario,
        step=step.step_name,
        sample_count=points * 3,
        elapsed_s=tuple(round(wall_s * number / points, 3) for number in range(points)),
        memory_bytes=tuple(int(peak * (0.3 + 0.7 * number / points)) for number in range(points)),
        cpu_ratio=tuple(round(1 + math.sin(number / 9) / 2, 3) for number in range(points)),
    )


def a_flow(*names: str) -> DataFlow:
    """Data from outside that go through the steps one after the other; one table lost a column."""
    source = FlowNode(name="s3://bucket/raw", kind=NodeKind.SOURCE, detail="local:data")
    nodes = [source, *(FlowNode(name=name, kind=NodeKind.STEP, rows_read=100, rows_written=90) for name in names)]
    lost = TableChange(
        kind=ChangeKind.DROPPED_COLUMN, table="part-*.csv", columns=("price",), message="column price is gone"
    )
    edges = [
        FlowEdge(
            producer=before.name,
            output="data",
            consumer=after.name,
            input="in",
            uri="s3://bucket/x",
            file_count=2,
            size_bytes=2048,
            table_count=1,
            row_count=90,
            column_count=7,
            comparison=FlowComparison.CHANGED if before is source else FlowComparison.UNCHANGED,
            changes=(lost,) if before is source else (),
        )
        for before, after in pairwise(nodes)
    ]
    return DataFlow(nodes=tuple(nodes), edges=tuple(edges), compared_with="20260301T000000Z-aaaaaa")


def a_comparison(scenario: str) -> Comparison:
    """A figure of every standing, a step that is new, one that was called otherwise, one that failed before."""

    def spread(value: float, count: int = 1) -> Spread:
        quantity = Quantity(value=value, unit=Unit.SECONDS)
        return Spread(count=count, median=quantity, lowest=quantity, highest=quantity)

    steps = [
        StepComparison(
            step_name=f"Feature-{number:02d}",
            change=StepChange.KEPT,
            status_before=StepStatus.SUCCEEDED,
            status_now=StepStatus.SUCCEEDED,
            figures=(
                FigureComparison(
                    figure=Figure.WALL,
                    standing=standing,
                    before=spread(2, 7),
                    now=spread(2.8),
                    delta=Quantity(value=0.8, unit=Unit.SECONDS),
                    delta_ratio=0.4,
                    note=HOSTILE,
                ),
            ),
        )
        for number, standing in enumerate(Standing)
    ]
    steps += [
        StepComparison(step_name="Flaky", change=StepChange.ADDED, status_now=StepStatus.FLAKY),
        StepComparison(step_name="Gone", change=StepChange.REMOVED, status_before=StepStatus.SUCCEEDED),
        StepComparison(step_name="Slow", name_before="Slower", change=StepChange.RENAMED),
        StepComparison(
            step_name="Train",
            change=StepChange.KEPT,
            status_before=StepStatus.SUCCEEDED,
            status_now=StepStatus.FAILED,
        ),
    ]
    return Comparison(
        before=Side(name="main", run_ids=("20260301T000000Z-aaaaaa",), verdict=Verdict.READY),
        now=Side(name="now", run_ids=("20260314T092653Z-abc123",), verdict=Verdict.NOT_READY),
        obstacles=("another processor",),
        differences=("pandas 3.0.0, before 2.2.3",),
        scenarios=(ScenarioComparison(scenario_name=scenario, steps=tuple(steps)),),
    )


def a_large_scenario(count: int = 22) -> E2ETestResult:
    """Steps of every status, one after the other, in a scenario that failed."""
    steps = [
        a_step(
            f"Feature-{number:02d}",
            offset_s=3.0 * number,
            wall_s=2.8,
            process_offset_s=3.0 * number + 0.1,
            depends_on=(f"Feature-{number - 1:02d}",) if number else (),
            usage=a_usage(cpu_s=2.4, peak_memory_bytes=(200 + 61 * number) * MIB, peak_process_count=1 + number % 4),
            instance_type="ml.m5.4xlarge",
            isolation="mount and PID namespaces",
            outputs=(
                OutputRecord(
                    name="data",
                    uri="s3://bucket/x",
                    file_count=2,
                    size_bytes=MIB,
                    tables=(a_table(rows=90, id="integer", price="number", **{HOSTILE: "string"}),),
                ),
            ),
        )
        for number in range(count)
    ]
    end_s = 3.0 * count
    failed: dict[str, Any] = {
        "depends_on": ("Feature-00",),
        "command": ("python3", "train.py"),
        "isolation": "mount namespace",
    }
    steps += [
        a_step("Flaky", offset_s=end_s, status=StepStatus.FLAKY, attempt_count=2, reason="succeeded at attempt 2"),
        a_step(
            "Train", offset_s=end_s + 11, status=StepStatus.FAILED, exit_code=1, reason="exit code 1: bad", **failed
        ),
        a_step(
            "Simulate",
            offset_s=end_s + 22,
            status=StepStatus.OUT_OF_MEMORY,
            exit_code=None,
            signal=9,
            reason="stopped at its memory limit of 4 GiB",
            usage=a_usage(peak_memory_bytes=int(4.02 * GIB), peak_memory_method="sampled PSS of the process tree"),
            **failed,
        ),
        a_step("Slow", offset_s=end_s + 33, status=StepStatus.TIMED_OUT, exit_code=None, signal=15, reason="too long"),
        a_step("Unwatched", offset_s=end_s + 44, wall_s=0.01, usage=Usage(), memory_limit_bytes=None),
        a_step_that_never_ran("Evaluate", StepStatus.BLOCKED, "upstream Train failed"),
        a_step_that_never_ran("Register", StepStatus.NOT_EXECUTED, "RegisterModel cannot be executed here"),
        a_step_that_never_ran("Otherwise", StepStatus.NOT_TAKEN),
    ]
    rules = [
        a_rule(held=True, step="Feature-00"),
        a_rule(held=False, step="Feature-01", rule="nulls", message="price: 3 % null", examples=("row 7",)),
        a_rule(held=None, step="Evaluate", rule="metric", message="not judged: upstream Train failed"),
    ]
    finding = Finding(id="empty-output", severity=Severity.WARNING, message="output 'x' is empty", step="Feature-02")
    return a_result(
        steps,
        scenario_name="churn-e2e",
        description="Every kind of step.",
        tags=("smoke",),
        total_duration=end_s + 54,
        rules=tuple(rules),
        findings=(finding,),
        critical_path=critical_path(steps),
        data_flow=a_flow("Feature-00", "Feature-01", "Feature-02"),
    )


def a_hostile_scenario() -> E2ETestResult:
    """Names and messages that try to leave their place on the page."""
    steps = [
        a_step(f"{HOSTILE}{number}", status=StepStatus.FAILED, reason=HOSTILE, offset_s=11.0 * number)
        for number in range(2)
    ]
    rule = a_rule(held=False, step=steps[0].step_name, target=HOSTILE, message=HOSTILE, examples=(HOSTILE,))
    return a_result(steps, scenario_name=HOSTILE, description=HOSTILE, tags=(HOSTILE,), rules=(rule,))


def an_unmeasured_scenario() -> E2ETestResult:
    """A scenario that never started."""
    return a_result(
        [], scenario_name="invalid.yaml", total_duration=0.0, problem="invalid", error_details="invalid.yaml:3: wrong"
    )


def a_full_report() -> ReadinessReport:
    """Not ready: everything that can be on a page, one gate waived."""
    judged = a_report(a_large_scenario(), a_hostile_scenario(), an_unmeasured_scenario())
    waiver = Waiver(reason="known until the next release", owner="A. Reviewer", expires="2026-06-30")
    first, *others = judged.audits
    audits = (first, others[0].model_copy(update={"waiver": waiver}), *others[1:])
    return judged.model_copy(update={"audits": audits, "comparison": a_comparison("churn-e2e")})


def attachments_of(report: ReadinessReport) -> Attachments:
    """Series of every measured step, logs of every failed one."""
    steps = [(scenario.scenario_name, step) for scenario in report.scenarios for step in scenario.steps]
    series = [series_of(name, step) for name, step in steps if step.usage.sample_count]
    logs = [
        LogTail(scenario=name, step=step.step_name, stream="stderr", text=LOG, dropped_bytes=20_480)
        for name, step in steps
        if step.status.has_failed
    ]
    details = [
        StepDetail(
            scenario=name,
            step=step.step_name,
            variables={"MODE": "training", HOSTILE: HOSTILE},
            inputs=(StepInput(name="data", uri="s3://bucket/in", path="/opt/ml/processing/input"),),
            instance_memory_bytes=64 * GIB,
            rerun="readiness run scenarios --only 'churn-e2e/Train' --cached --out reports",
        )
        for name, step in steps
    ]
    return Attachments(series=tuple(series), logs=tuple(logs), details=tuple(details))
