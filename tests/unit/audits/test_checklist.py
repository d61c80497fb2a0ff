"""The eight items of the plan."""

from __future__ import annotations

from itertools import product

import pytest

from builders import a_report, a_result, a_step, a_usage
from cursus_readiness.audits.checklist import TITLES, checklist, worst
from cursus_readiness.model.audit import Outcome
from cursus_readiness.model.result import StepStatus


def test_there_are_the_eight_items_of_the_plan() -> None:
    found = checklist([], [])
    assert [(item.item, item.title) for item in found] == [
        (1, "System Validation"),
        (2, "Performance Optimization"),
        (3, "CI/CD Integration"),
        (4, "Containerization"),
        (5, "Monitoring"),
        (6, "Documentation"),
        (7, "Security"),
        (8, "Backup/Recovery"),
    ]


def test_without_any_audit_every_item_is_without_evidence() -> None:
    assert {item.outcome for item in checklist([], [])} == {Outcome.NO_EVIDENCE}


def test_what_a_run_does_not_show_says_what_is_wanted() -> None:
    for item in a_report(a_result()).checklist[2:]:
        assert item.outcome is Outcome.NO_EVIDENCE
        assert item.remedy
        assert item.remedy.startswith("Needs ")
        assert item.evidence == ()


def test_a_good_run_shows_the_first_two_items() -> None:
    first, second, *_ = a_report(a_result()).checklist
    assert (first.outcome, second.outcome) == (Outcome.PASS, Outcome.PASS)
    assert {fact.audit for fact in first.evidence} == {
        "failed-scenario",
        "missing-step",
        "broken-rule",
        "broken-data-flow",
        "few-scenarios",
    }
    assert {fact.audit for fact in second.evidence} == {"memory-over-limit", "time-over-limit", "over-budget"}
    assert first.evidence[0].statement.startswith("churn: ")


def test_open_recommendations_keep_the_second_item_from_passing() -> None:
    report = a_report(a_result([a_step(usage=a_usage(cpu_s=0.1))]))
    item = report.checklist[1]
    assert item.outcome is Outcome.WARN
    assert item.evidence[-1].statement == f"{len(report.recommendations)} recommendations are open"


def test_a_failure_decides_and_has_its_remedy() -> None:
    item = a_report(a_result([a_step(status=StepStatus.FAILED)])).checklist[0]
    assert (item.outcome, item.remedy) == (Outcome.FAIL, "Read the log of Train, and the findings on it.")


def test_one_bad_scenario_decides_for_all() -> None:
    good, bad = a_result(scenario_name="a"), a_result([a_step(status=StepStatus.FAILED)], scenario_name="b")
    assert a_report(good, bad).checklist[0].outcome is Outcome.FAIL


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        ((), Outcome.NO_EVIDENCE),
        ((Outcome.PASS, Outcome.NOT_APPLICABLE), Outcome.PASS),
        ((Outcome.NOT_APPLICABLE,), Outcome.NOT_APPLICABLE),
        ((Outcome.PASS, Outcome.WARN), Outcome.WARN),
        ((Outcome.WARN, Outcome.NO_EVIDENCE), Outcome.NO_EVIDENCE),
        ((Outcome.NO_EVIDENCE, Outcome.ERROR), Outcome.ERROR),
        ((Outcome.ERROR, Outcome.FAIL), Outcome.FAIL),
    ],
)
def test_the_worst_outcome_decides(outcomes: tuple[Outcome, ...], expected: Outcome) -> None:
    assert worst(outcomes) is expected
    assert worst(outcomes[::-1]) is expected


def test_more_evidence_never_makes_an_item_better() -> None:
    good = {Outcome.PASS, Outcome.NOT_APPLICABLE}
    for outcomes in product(Outcome, repeat=3):
        if worst(outcomes) in good:
            assert set(outcomes) <= good


def test_every_item_has_a_title() -> None:
    assert list(TITLES) == [1, 2, 3, 4, 5, 6, 7, 8]
