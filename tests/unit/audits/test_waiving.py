"""What a waiver does, and what it never does."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from builders import INSTANCES, START, a_result, a_rule, a_step, a_usage, an_environment
from cursus_readiness.audits.policy import Policy
from cursus_readiness.audits.project_policy import ProjectPolicy
from cursus_readiness.audits.report import judge_run
from cursus_readiness.audits.terms import Terms
from cursus_readiness.model.audit import Outcome
from cursus_readiness.model.policy import PolicyWaiver
from cursus_readiness.model.report import ReadinessReport, Verdict
from cursus_readiness.model.result import E2ETestResult, StepStatus

TODAY = START.date()
BROKEN = a_result([a_step("Train")], rules=(a_rule(held=False, message="3 rows"),))


def a_waiver(**changes: Any) -> PolicyWaiver:
    fields: dict[str, Any] = {
        "audit": "broken-rule",
        "scenario": "churn",
        "step": "Train",
        "reason": "known",
        "owner": "team",
        "issue": "https://example.org/1",
        "expires": TODAY + timedelta(days=30),
    }
    return PolicyWaiver(**{**fields, **changes})


def judged(
    scenario: E2ETestResult, *waivers: PolicyWaiver, on: date = TODAY, is_complete: bool = True, **policy: Any
) -> ReadinessReport:
    return judge_run(
        [scenario],
        run_id="20260314T092653Z-abc123",
        started_at=START,
        wall_s=13.0,
        is_complete=is_complete,
        environment=an_environment(),
        policy=Policy(),
        instances=INSTANCES,
        terms=Terms(judged_on=on, policy=ProjectPolicy(waivers=waivers, **policy)),
    )


def state(report: ReadinessReport) -> list[str]:
    return [waiver.state for waiver in report.policy.waivers] if report.policy else []


def test_a_waived_failure_stays_a_failure_and_says_until_when() -> None:
    report = judged(BROKEN, a_waiver())
    audit = next(item for item in report.audits if item.id == "broken-rule")
    assert audit.outcome is Outcome.FAIL
    assert audit.waiver is not None
    assert (audit.waiver.owner, audit.waiver.expires) == ("team", "2026-04-13")
    assert (report.verdict, report.exit_code) == (Verdict.READY_WITH_WAIVERS, 0)
    assert report.reason.startswith("Failed, waived until 2026-04-13: Validation rules are broken in churn: ")
    item = report.checklist[0]
    assert item.outcome is Outcome.FAIL
    assert any("failed, waived until 2026-04-13 by team" in fact.statement for fact in item.evidence)
    assert state(report) == ["applied"]


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"scenario": "other"}, id="another scenario"),
        pytest.param({"step": "Trains"}, id="another step"),
        pytest.param({"audit": "missing-step"}, id="another audit"),
    ],
)
def test_a_waiver_of_something_else_is_unused_and_told(changes: dict[str, str]) -> None:
    report = judged(BROKEN, a_waiver(**changes))
    assert report.verdict is Verdict.NOT_READY
    assert state(report) == ["unused"]
    assert [problem.id for problem in report.problems] == ["unused-waiver"]


@pytest.mark.parametrize(
    ("days", "found", "verdict"),
    [
        pytest.param(0, "applied", Verdict.READY_WITH_WAIVERS, id="its last day counts"),
        pytest.param(-1, "expired", Verdict.NOT_READY, id="the day after does not"),
        pytest.param(90, "applied", Verdict.READY_WITH_WAIVERS, id="90 days ahead count"),
        pytest.param(91, "too far ahead", Verdict.NOT_READY, id="91 do not"),
    ],
)
def test_a_waiver_applies_from_ninety_days_before_its_end(days: int, found: str, verdict: Verdict) -> None:
    report = judged(BROKEN, a_waiver(expires=TODAY + timedelta(days=days)))
    assert (report.verdict, state(report)) == (verdict, [found])


def test_an_expired_waiver_says_how_to_renew_it() -> None:
    (problem,) = judged(BROKEN, a_waiver(expires=TODAY - timedelta(days=1))).problems
    assert problem.message == "it expired on 2026-03-13 and applies no more (https://example.org/1)"
    assert problem.remedy == "Mend it, or renew it with team: expires = 2026-04-13."


def test_a_waiver_that_ends_soon_says_so() -> None:
    assert [item.id for item in judged(BROKEN, a_waiver(expires=TODAY + timedelta(days=14))).problems] == [
        "ending-waiver"
    ]
    assert judged(BROKEN, a_waiver(expires=TODAY + timedelta(days=15))).problems == ()


def test_a_second_step_that_fails_is_not_waived_with_the_first() -> None:
    rules = (a_rule(held=False), a_rule(step="Other", held=False))
    both = a_result([a_step("Train"), a_step("Other")], rules=rules)
    assert judged(both, a_waiver()).verdict is Verdict.NOT_READY
    assert judged(both, a_waiver(), a_waiver(step="Oth*")).verdict is Verdict.READY_WITH_WAIVERS


def test_of_several_waivers_the_first_end_is_told() -> None:
    report = judged(BROKEN, a_waiver(), a_waiver(step="*", expires=TODAY + timedelta(days=3)))
    assert report.reason.startswith("Failed, waived until 2026-03-17")


def test_what_is_not_known_cannot_be_waived() -> None:
    report = judged(a_result(rules=(a_rule(held=None),)), a_waiver())
    assert (report.verdict, state(report)) == (Verdict.INCONCLUSIVE, ["unused"])


def test_a_waiver_makes_no_incomplete_run_ready() -> None:
    assert judged(BROKEN, a_waiver(), is_complete=False).verdict is Verdict.INCONCLUSIVE


def test_advice_needs_no_waiver() -> None:
    report = judged(a_result([a_step(usage=a_usage(cpu_s=0.1))]), a_waiver(audit="idle-cpu"))
    assert (report.verdict, state(report)) == (Verdict.READY, ["unused"])


def test_advice_that_the_policy_makes_a_gate_fails_and_can_be_waived() -> None:
    idle, levels = a_result([a_step(usage=a_usage(cpu_s=0.1))]), {"idle-cpu": "gate"}
    assert judged(idle, levels=levels).verdict is Verdict.NOT_READY
    assert judged(idle, a_waiver(audit="idle-cpu"), levels=levels).verdict is Verdict.READY_WITH_WAIVERS


def test_a_must_of_the_policy_is_marked() -> None:
    audits = judged(BROKEN, levels={"broken-rule": "must", "few-scenarios": "must"}).audits
    assert {audit.id for audit in audits if audit.is_must} == {"broken-rule", "few-scenarios"}


def test_several_failed_steps_are_all_named() -> None:
    failed = a_result([a_step("A", status=StepStatus.FAILED), a_step("B", status=StepStatus.FAILED)])
    audit = next(item for item in judged(failed).audits if item.id == "failed-scenario")
    assert audit.steps == ("A", "B")
