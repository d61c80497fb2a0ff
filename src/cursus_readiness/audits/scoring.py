"""From audits to one verdict, one sentence and one exit code."""

from __future__ import annotations

from collections.abc import Sequence

from cursus_readiness.model.audit import AuditResult, Level, Outcome
from cursus_readiness.model.report import Verdict
from cursus_readiness.model.result import E2ETestResult, StepStatus

EXIT_CODES = {
    Verdict.READY: 0,
    Verdict.READY_WITH_WAIVERS: 0,
    Verdict.NOT_READY: 10,
    Verdict.INCONCLUSIVE: 11,
}
_INVALID, _CANNOT_RUN = 4, 5
_REASON_LIMIT = 160


def decide(
    audits: Sequence[AuditResult], scenarios: Sequence[E2ETestResult], *, is_complete: bool
) -> tuple[Verdict, str]:
    """The verdict and its reason. A gate that fails decides before one without evidence."""
    gates = [audit for audit in audits if audit.level is Level.GATE]
    failed = [audit for audit in gates if audit.outcome is Outcome.FAIL]
    unknown = [audit for audit in gates if audit.outcome in (Outcome.NO_EVIDENCE, Outcome.ERROR)]
    if failed:
        more = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
        return Verdict.NOT_READY, f"{failed[0].title} in {failed[0].scenario}: {_short(failed[0].message)}{more}"
    if not is_complete:
        return Verdict.INCONCLUSIVE, "The run did not come to its end."
    if not scenarios or all(audit.outcome is Outcome.NOT_APPLICABLE for audit in gates):
        return Verdict.INCONCLUSIVE, "Nothing was judged."
    if unknown:
        more = f" (and {len(unknown) - 1} more)" if len(unknown) > 1 else ""
        return Verdict.INCONCLUSIVE, f"No evidence for {unknown[0].scenario}: {_short(unknown[0].message)}{more}"
    steps = sum(scenario.steps_executed for scenario in scenarios)
    rules = sum(len(scenario.rules) for scenario in scenarios)
    plural = "scenario" if len(scenarios) == 1 else "scenarios"
    untested = [step.step_name for item in scenarios for step in item.steps if not step.status.has_succeeded]
    left_out = _short(f" Not tested: {', '.join(untested)}.") if untested else ""
    reused = sum(step.status is StepStatus.REUSED for item in scenarios for step in item.steps)
    flaky = [step.step_name for item in scenarios for step in item.steps if step.is_flaky]
    counted = f"{steps} executed and {reused} reused steps" if reused else f"{steps} executed steps"
    passed = f"{len(scenarios)} {plural} with {counted} passed, {rules} rules hold, all limits were kept."
    passed += _short(f" Flaky, passed when tried again: {', '.join(flaky)}.") if flaky else ""
    replaced = [step.step_name for item in scenarios for step in item.steps if step.stand_in]
    by_stand_in = _short(f" By a stand-in: {', '.join(replaced)}.") if replaced else ""
    return Verdict.READY, passed + left_out + by_stand_in


def _short(message: str) -> str:
    """One sentence's worth; all of it stands with the audit."""
    return message if len(message) <= _REASON_LIMIT else message[:_REASON_LIMIT].rstrip() + "\u2026"


def exit_code(verdict: Verdict, scenarios: Sequence[E2ETestResult]) -> int:
    """NOT_READY first; then what kept a scenario from being judged; then the verdict's own code."""
    if verdict is not Verdict.NOT_READY:
        problems = {scenario.problem for scenario in scenarios}
        if "invalid" in problems:
            return _INVALID
        if "cannot_run" in problems:
            return _CANNOT_RUN
    return EXIT_CODES[verdict]
