"""What every audit promises."""

from __future__ import annotations

import pytest

from builders import INSTANCES, a_result, a_rule, a_step, a_step_that_never_ran, a_usage, some_evidence
from cursus_readiness.analysis.comparison import compare
from cursus_readiness.audits.base import Audit, Evidence
from cursus_readiness.audits.policy import Policy
from cursus_readiness.audits.registry import AUDITS
from cursus_readiness.model.audit import Level, Outcome
from cursus_readiness.model.result import StepStatus, Usage
from earlier_runs import repeats

WORSE = compare(
    repeats([10.0 + number / 10 for number in range(7)]),
    repeats([20.0 + number / 10 for number in range(7)], first=9),
    name_before="main",
    name_now="now",
    yardstick=Policy().yardstick,
)
EVIDENCE = {
    "good": some_evidence(a_step()),
    "nothing": some_evidence(),
    "not measured": some_evidence(a_step(usage=Usage(), wall_s=None, memory_limit_bytes=None)),
    "failed": some_evidence(
        a_step("A", status=StepStatus.FAILED),
        a_step_that_never_ran("B", StepStatus.BLOCKED),
        rules=(a_rule(held=False),),
    ),
    "wasteful": some_evidence(
        a_step(instance_type="ml.m5.12xlarge", usage=a_usage(cpu_s=0.1)),
        a_step("Heavy", usage=a_usage(peak_memory_bytes=4 * 2**30, io_wait_ratio=0.9)),
    ),
    "cut off": some_evidence(a_step(), is_complete=False),
    "invalid": some_evidence(problem="invalid", error_details="a.yaml:1: x"),
    "worse than before": Evidence(a_result(), Policy(), INSTANCES, WORSE),
    "nothing like before": Evidence(a_result([]), Policy(), INSTANCES, WORSE.model_copy(update={"scenarios": ()})),
}
each_audit = pytest.mark.parametrize("audit", AUDITS, ids=lambda audit: audit.meta.id)
each_evidence = pytest.mark.parametrize("evidence", EVIDENCE.values(), ids=list(EVIDENCE))


@each_audit
@each_evidence
def test_an_audit_is_a_pure_function(audit: Audit, evidence: Evidence) -> None:
    before = evidence.scenario.model_dump_json()
    assert list(audit.evaluate(evidence)) == list(audit.evaluate(evidence))
    assert evidence.scenario.model_dump_json() == before


@each_audit
@each_evidence
def test_a_gate_always_says_something(audit: Audit, evidence: Evidence) -> None:
    products = list(audit.evaluate(evidence))
    assert products or audit.meta.level is Level.ADVICE


@each_audit
@each_evidence
def test_what_is_not_good_has_a_remedy(audit: Audit, evidence: Evidence) -> None:
    for product in audit.evaluate(evidence):
        assert product.message
        assert product.remedy or product.outcome is Outcome.PASS


NEEDS_NO_MEASUREMENT = {"failed-scenario", "missing-step"}  # that the step was executed is all they need


@pytest.mark.parametrize(
    ("audit", "name"),
    [
        pytest.param(audit, name, id=f"{audit.meta.id}: {name}")
        for audit in AUDITS
        for name in ("nothing", "not measured", "invalid")
        if name != "not measured" or audit.meta.id not in NEEDS_NO_MEASUREMENT
    ],
)
def test_what_was_not_measured_never_passes_a_gate_on_it(audit: Audit, name: str) -> None:
    assert Outcome.PASS not in [product.outcome for product in audit.evaluate(EVIDENCE[name])]


@each_audit
def test_advice_comes_only_with_a_warning_or_failure(audit: Audit) -> None:
    for evidence in EVIDENCE.values():
        for product in audit.evaluate(evidence):
            if product.advice:
                assert product.outcome in (Outcome.WARN, Outcome.FAIL)
                assert product.advice.category in ("memory", "cpu", "io", "concurrency")
                assert product.advice.severity in ("low", "medium", "high", "critical")
                assert product.advice.improvement


@each_audit
def test_an_audit_belongs_to_an_item_of_the_checklist(audit: Audit) -> None:
    assert 1 <= audit.meta.checklist_item <= 8
    assert audit.meta.title
    assert audit.meta.failure_title != audit.meta.title


def test_ids_are_unique() -> None:
    assert len({audit.meta.id for audit in AUDITS}) == len(AUDITS)


def test_gates_come_first() -> None:
    levels = [audit.meta.level for audit in AUDITS]
    assert levels == sorted(levels, key=[Level.GATE, Level.ADVICE].index)
