"""From audits to one verdict, one sentence and one exit code."""

from __future__ import annotations

from collections.abc import Sequence

from cursus_readiness.model.audit import AuditResult, Level, Outcome
from cursus_readiness.model.finding import Finding
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
    audits: Sequence[AuditResult],
    scenarios: Sequence[E2ETestResult],
    *,
    is_complete: bool,
    problems: Sequence[Finding] = (),
    damage: Sequence[str] = (),
) -> tuple[Verdict, str]:
    """The verdict and its reason. A gate that fails decides before one without evidence.

    Without a policy that can be read (``problems``) nothing is decided; nor is a run ready of which files were changed
    or lost (``damage``).
    """
    if problems:
        return Verdict.INCONCLUSIVE, f"The policy cannot be read: {_short(problems[0].line())}"
    gates = [audit for audit in audits if audit.level is Level.GATE]
    failed = [audit for audit in gates if audit.outcome is Outcome.FAIL and audit.waiver is None]
    waived = [audit for audit in gates if audit.waiver is not None]
    if failed:
        more = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
        return Verdict.NOT_READY, f"{failed[0].title}{_of(failed[0])}: {_short(failed[0].message)}{more}"
    if doubt := _doubt(gates, scenarios, is_complete=is_complete, damage=damage):
        return Verdict.INCONCLUSIVE, doubt
    if waived:
        more = f" (and {len(waived) - 1} more)" if len(waived) > 1 else ""
        until = min(audit.waiver.expires for audit in waived if audit.waiver)
        said = f"{waived[0].title}{_of(waived[0])}: {_short(waived[0].message)}{more}"
        return Verdict.READY_WITH_WAIVERS, f"Failed, waived until {until}: {said}"
    return Verdict.READY, _passed(scenarios)


def _doubt(
    gates: Sequence[AuditResult], scenarios: Sequence[E2ETestResult], *, is_complete: bool, damage: Sequence[str]
) -> str | None:
    """Why nothing can be concluded, although no gate failed."""
    of_scenarios = [audit for audit in gates if audit.scenario is not None]
    unknown = [audit for audit in gates if audit.outcome in (Outcome.NO_EVIDENCE, Outcome.ERROR)]
    if not is_complete:
        return "The run did not come to its end."
    if damage:
        more = f" (and {len(damage) - 1} more)" if len(damage) > 1 else ""
        return f"Files of the run were changed or lost since: {damage[0]}{more}"
    if not scenarios or all(audit.outcome is Outcome.NOT_APPLICABLE for audit in of_scenarios):
        return "Nothing was judged."
    if unknown:
        more = f" (and {len(unknown) - 1} more)" if len(unknown) > 1 else ""
        what = unknown[0].scenario or unknown[0].id
        return f"No evidence for {what}: {_short(unknown[0].message)}{more}"
    return None


def _passed(scenarios: Sequence[E2ETestResult]) -> str:
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
    return passed + left_out + by_stand_in


def _of(audit: AuditResult) -> str:
    return f" in {audit.scenario}" if audit.scenario else ""


def _short(message: str) -> str:
    """One sentence's worth; all of it stands with the audit."""
    return message if len(message) <= _REASON_LIMIT else message[:_REASON_LIMIT].rstrip() + "\u2026"


def exit_code(verdict: Verdict, scenarios: Sequence[E2ETestResult], problems: Sequence[Finding] = ()) -> int:
    """A policy that cannot be read, NOT_READY, what kept a scenario from being judged, then the verdict's own code."""
    if problems:
        return _INVALID
    if verdict is not Verdict.NOT_READY:
        kept_out = {scenario.problem for scenario in scenarios}
        if "invalid" in kept_out:
            return _INVALID
        if "cannot_run" in kept_out:
            return _CANNOT_RUN
    return EXIT_CODES[verdict]
