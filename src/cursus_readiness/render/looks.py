"""How outcomes look: a word and a shape for each, so that no colour has to be told from another."""

from __future__ import annotations

from cursus_readiness.model.audit import Outcome
from cursus_readiness.model.comparison import Standing
from cursus_readiness.model.finding import Severity
from cursus_readiness.model.result import E2ETestResult, StepStatus

Look = tuple[str, str]
"""The shape and tone, and the word."""

OUTCOMES: dict[Outcome, Look] = {
    Outcome.PASS: ("pass", "Pass"),
    Outcome.WARN: ("warn", "Warning"),
    Outcome.FAIL: ("fail", "Fail"),
    Outcome.NOT_APPLICABLE: ("not-applicable", "Not applicable"),
    Outcome.NO_EVIDENCE: ("no-evidence", "No evidence"),
    Outcome.ERROR: ("error", "Error"),
}
STATUSES: dict[StepStatus, Look] = {
    status: (look, status.value.replace("_", " "))
    for status, look in {
        StepStatus.SUCCEEDED: "pass",
        StepStatus.REUSED: "pass",
        StepStatus.FLAKY: "warn",
        StepStatus.FAILED: "fail",
        StepStatus.TIMED_OUT: "fail",
        StepStatus.OUT_OF_MEMORY: "fail",
        StepStatus.INTERRUPTED: "error",
        StepStatus.BLOCKED: "blocked",
        StepStatus.NOT_EXECUTED: "no-evidence",
        StepStatus.NOT_TAKEN: "not-applicable",
    }.items()
}
SEVERITIES: dict[Severity, Look] = {
    Severity.ERROR: ("fail", "error"),
    Severity.WARNING: ("warn", "warning"),
    Severity.NOTE: ("not-applicable", "note"),
}
RULES: dict[bool | None, Look] = {
    True: ("pass", "held"),
    False: ("fail", "broken"),
    None: ("no-evidence", "not judged"),
}
STANDINGS: dict[Standing, Look] = {
    standing: (look, standing.value)
    for standing, look in {
        Standing.REGRESSED: "fail",
        Standing.SUSPECT: "warn",
        Standing.CHANGED: "warn",
        Standing.IMPROVED: "pass",
        Standing.SAME: "pass",
        Standing.NOT_COMPARABLE: "no-evidence",
        Standing.NOT_MEASURED: "no-evidence",
        Standing.NO_BASELINE: "not-applicable",
    }.items()
}
WAIVED: Look = ("waived", "Waived")


def scenario_look(result: E2ETestResult) -> Look:
    """How a scenario ended."""
    if result.success:
        return "pass", "passed"
    if result.problem:
        return "no-evidence", result.problem.replace("_", " ")
    if not result.is_complete:
        return "no-evidence", "incomplete"
    return ("fail", "failed") if result.steps_failed else ("no-evidence", "not passed")
