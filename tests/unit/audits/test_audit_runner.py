"""Every audit over every scenario."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from builders import INSTANCES, a_result, a_step, a_usage
from cursus_readiness.audits.base import Advice, Audit, AuditMeta, Evidence, Product
from cursus_readiness.audits.performance.io_wait import IoWait
from cursus_readiness.audits.performance.oversized_instance import OversizedInstance
from cursus_readiness.audits.policy import Policy
from cursus_readiness.audits.registry import AUDITS
from cursus_readiness.audits.runner import run_audits
from cursus_readiness.model.audit import AuditResult, Level, OptimizationRecommendation, Outcome, Quantity, Unit
from cursus_readiness.model.result import E2ETestResult


class Scripted:
    """An audit that says what it was told to, or breaks."""

    def __init__(self, *products: Product, level: Level = Level.GATE, error: Exception | None = None) -> None:
        self.meta = AuditMeta("scripted", "good", "bad", level, 1)
        self.products, self.error = products, error

    def evaluate(self, evidence: Evidence) -> Iterable[Product]:
        if self.error:
            raise self.error
        return self.products


def run(
    *audits: Audit, scenarios: Iterable[E2ETestResult] | None = None
) -> tuple[list[AuditResult], list[OptimizationRecommendation]]:
    return run_audits(scenarios if scenarios is not None else [a_result()], Policy(), INSTANCES, audits)


def advice(severity: str, measured: float, threshold: float, step: str) -> Product:
    def ratio(value: float) -> Quantity:
        return Quantity(value=value, unit=Unit.RATIO)

    return Product(
        Outcome.WARN, "m", step=step, measured=ratio(measured), threshold=ratio(threshold),
        remedy="do it", advice=Advice("cpu", severity, "much"),
    )  # fmt: skip


def test_a_broken_audit_is_an_error_and_the_others_still_speak() -> None:
    found, _ = run(Scripted(error=KeyError("x")), Scripted(Product(Outcome.PASS, "fine")))
    assert [result.outcome for result in found] == [Outcome.ERROR, Outcome.PASS]
    assert found[0].message == "the audit broke: KeyError: 'x'"


def test_a_gate_that_says_nothing_is_not_passed() -> None:
    found, _ = run(Scripted())
    assert found
    assert found[0].outcome in (Outcome.NO_EVIDENCE, Outcome.ERROR)


def test_advice_that_has_nothing_to_say_passes() -> None:
    found, recommendations = run(Scripted(level=Level.ADVICE))
    assert [(result.outcome, result.message) for result in found] == [
        (Outcome.PASS, "nothing to say about 1 measured steps")
    ]
    assert recommendations == []


def test_advice_on_nothing_is_no_evidence() -> None:
    found, _ = run(Scripted(level=Level.ADVICE), scenarios=[a_result([])])
    assert [result.outcome for result in found] == [Outcome.NO_EVIDENCE]


def test_a_result_has_the_title_of_what_was_found() -> None:
    found, _ = run(Scripted(Product(Outcome.PASS, "")), Scripted(Product(Outcome.FAIL, "")))
    assert [result.title for result in found] == ["good", "bad"]


def test_results_keep_the_order_of_scenarios_and_audits() -> None:
    scenarios = [a_result(scenario_name="b"), a_result(scenario_name="a")]
    found, _ = run_audits(scenarios, Policy(), INSTANCES)
    gates = [audit.meta.id for audit in AUDITS]
    assert list(dict.fromkeys((result.scenario, result.id) for result in found)) == [
        (name, audit) for name in ("b", "a") for audit in gates
    ]


def test_recommendations_come_by_severity_and_then_by_distance() -> None:
    products = [
        advice("low", 9, 1, "far but low"),
        advice("high", 1.1, 1, "near"),
        advice("high", 0.1, 1, "farther"),
        advice("critical", 1, 1, "critical"),
        advice("medium", 1, 0, "no threshold to speak of"),
    ]
    _, found = run(Scripted(*products))
    assert [item.step for item in found] == [
        "critical", "farther", "near", "no threshold to speak of", "far but low"
    ]  # fmt: skip


def test_a_recommendation_repeats_what_was_found() -> None:
    _, (found,) = run(Scripted(advice("high", 2, 1, "Train")))
    assert (found.category, found.severity, found.description, found.suggested_action) == ("cpu", "high", "m", "do it")
    assert (found.audit, found.scenario, found.step, found.verified) == ("scripted", "churn", "Train", False)


UNMEASURED: dict[str, Any] = {
    "memory-pressure": {"peak_memory_bytes": None, "peak_memory_method": None},
    "oversized-instance": {"peak_memory_bytes": None, "cpu_s": None},
    "idle-cpu": {"cpu_s": None},
    "io-wait": {"io_wait_ratio": None},
}


@pytest.mark.parametrize(
    "audit", [audit for audit in AUDITS if audit.meta.level is Level.ADVICE], ids=lambda a: a.meta.id
)
def test_advice_on_what_was_not_measured_is_not_passed(audit: Audit) -> None:
    step = a_step(usage=a_usage(**UNMEASURED.get(audit.meta.id, {})), instance_type="ml.m5.4xlarge")
    found, _ = run(audit, scenarios=[a_result([step])])
    assert Outcome.PASS not in [result.outcome for result in found]


def test_advice_on_an_instance_needs_one() -> None:
    found, _ = run(OversizedInstance(), scenarios=[a_result([a_step(instance_type=None)])])
    assert Outcome.PASS not in [result.outcome for result in found]


def test_a_share_of_too_few_samples_is_not_passed() -> None:
    found, _ = run(IoWait(), scenarios=[a_result([a_step(usage=a_usage(sample_count=3))])])
    assert Outcome.PASS not in [result.outcome for result in found]


def test_the_same_evidence_gives_the_same_results() -> None:
    scenarios = [a_result([a_step("A"), a_step("B", usage=a_usage(cpu_s=0.1), instance_type="ml.m5.12xlarge")])]
    assert run_audits(scenarios, Policy(), INSTANCES) == run_audits(scenarios, Policy(), INSTANCES)
