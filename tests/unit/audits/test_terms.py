"""Budgets, environments, and what keeps a verdict from being given."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from builders import INSTANCES, START, a_result, a_step, a_usage, an_environment, some_evidence
from cursus_readiness.audits.criteria import CRITERIA, judge_fact
from cursus_readiness.audits.performance.over_budget import OverBudget
from cursus_readiness.audits.policy import Policy
from cursus_readiness.audits.project_policy import ProjectPolicy
from cursus_readiness.audits.report import judge_run
from cursus_readiness.audits.terms import Terms, terms_of
from cursus_readiness.model.audit import Level, Outcome
from cursus_readiness.model.evidence import Fact, ProjectRecord, examined
from cursus_readiness.model.policy import Budget, PolicyRecord, Stage
from cursus_readiness.model.report import ReadinessReport, RunSettings, Verdict
from cursus_readiness.model.result import E2ETestResult
from cursus_readiness.units import GIB

TODAY = START.date()
GOOD = ProjectRecord(collected_at=START, facts=tuple(examined(item.meta.id, 1, []) for item in CRITERIA))


def judged(*scenarios: E2ETestResult, **terms: Any) -> ReadinessReport:
    return judge_run(
        scenarios or [a_result()],
        run_id="20260314T092653Z-abc123",
        started_at=START,
        wall_s=13.0,
        is_complete=True,
        environment=an_environment(),
        policy=Policy(),
        instances=INSTANCES,
        terms=Terms(**{"judged_on": TODAY, **terms}),
    )


def over_budget(*budgets: Budget, usage: dict[str, Any] | None = None, **step: Any) -> tuple[Outcome, str]:
    evidence = some_evidence(a_step(usage=a_usage(**(usage or {})), **step))
    evidence = type(evidence)(evidence.scenario, evidence.policy, evidence.instances, None, budgets)
    (product,) = OverBudget().evaluate(evidence)
    return product.outcome, product.message


class TestBudgets:
    @pytest.mark.parametrize(
        ("budget", "message"),
        [
            ({"wall_s": 9.9}, "Train: time 10.0 s, the budget is 9.9 s"),
            ({"cpu_s": 5}, "Train: CPU time 10.0 s, the budget is 5.0 s"),
            ({"peak_memory_mb": 1023}, "Train: peak memory 1 GiB, the budget is 1,023 MiB"),
            ({"cpu_s": 9, "wall_s": 2}, "Train: time 10.0 s, the budget is 2.0 s (and 1 more)"),
        ],
    )
    def test_the_furthest_over_is_told(self, budget: dict[str, float], message: str) -> None:
        assert over_budget(Budget(scenario="ch*", **budget)) == (Outcome.FAIL, message)

    def test_a_budget_that_is_just_kept_passes(self) -> None:
        assert over_budget(Budget(scenario="churn", step="Train", wall_s=10, cpu_s=10, peak_memory_mb=1024)) == (
            Outcome.PASS,
            "3 budgets are kept",
        )

    def test_what_was_not_measured_is_no_budget_kept(self) -> None:
        found = over_budget(Budget(scenario="churn", cpu_s=10), usage={"cpu_s": None})
        assert found == (Outcome.NO_EVIDENCE, "not measured: Train")

    @pytest.mark.parametrize("scope", [{"scenario": "other"}, {"scenario": "churn", "step": "Test"}])
    def test_a_budget_of_another_step_does_not_apply(self, scope: dict[str, str]) -> None:
        assert over_budget(Budget(**scope, wall_s=1))[0] is Outcome.NOT_APPLICABLE

    def test_a_budget_of_no_step_is_told(self) -> None:
        policy = ProjectPolicy(budgets=(Budget(scenario="chrun", wall_s=1),))
        (problem,) = judged(policy=policy).problems
        assert (problem.id, problem.place) == ("unused-budget", "budget of chrun/*")


class TestEnvironments:
    def test_a_run_is_judged_by_its_scenarios_alone(self) -> None:
        report = judged()
        assert report.verdict is Verdict.READY
        assert [item.id for item in report.audits if item.scenario is None] == ["few-scenarios"]

    def test_production_asks_for_all_eight_items(self) -> None:
        report = judged(stage=Stage.PRODUCTION)
        assert report.verdict is Verdict.INCONCLUSIVE
        assert {item.outcome for item in report.checklist[2:]} == {Outcome.NO_EVIDENCE}
        assert judged(stage=Stage.PRODUCTION, project=GOOD).verdict is Verdict.READY

    def test_items_that_are_not_asked_for_are_shown_and_do_not_gate(self) -> None:
        facts = (*GOOD.facts[1:], examined("few-scenarios", 1, []))
        bad = tuple(
            examined(fact.id, 1, ["a"]) if fact.id in ("leaked-secret", "untested-image") else fact for fact in facts
        )
        record = GOOD.model_copy(update={"facts": bad})
        dev, staging = (judged(stage=stage, project=record) for stage in (Stage.DEV, Stage.STAGING))
        assert (dev.verdict, staging.verdict) == (Verdict.READY, Verdict.NOT_READY)
        levels = {audit.id: audit.level for audit in staging.audits}
        assert (levels["leaked-secret"], levels["untested-image"]) == (Level.GATE, Level.ADVICE)
        assert dev.checklist[6].outcome is Outcome.FAIL

    @pytest.mark.parametrize("criterion", CRITERIA[3:], ids=lambda item: item.meta.id)
    def test_a_fact_that_is_lost_never_passes(self, criterion: Any) -> None:
        left = tuple(fact for fact in GOOD.facts if fact.id != criterion.meta.id)
        report = judged(stage=Stage.PRODUCTION, project=GOOD.model_copy(update={"facts": left}))
        is_advice = criterion.meta.level is Level.ADVICE
        assert report.verdict is (Verdict.READY if is_advice else Verdict.INCONCLUSIVE)

    def test_grave_recommendations_keep_a_validated_system_from_being_ready(self) -> None:
        hungry = a_result([a_step(usage=a_usage(peak_memory_bytes=4 * GIB - 1))])
        report = judged(hungry, project=GOOD)
        assert any(item.severity in ("high", "critical") for item in report.recommendations)
        assert report.reason.startswith("Grave recommendations are open: ")

    def test_too_few_scenarios_are_not_enough(self) -> None:
        policy = ProjectPolicy.model_validate({"validation": {"min_scenarios": 2}})
        report = judged(policy=policy)
        assert (report.verdict, report.reason) == (
            Verdict.NOT_READY,
            "Too few scenarios are judged: 1 of at least 2 scenarios were judged",
        )
        assert judged(a_result(), a_result(scenario_name="b"), policy=policy).verdict is Verdict.READY

    @pytest.mark.parametrize(("stage", "outcome"), [("dev", "NOT_APPLICABLE"), ("staging", "FAIL")])
    def test_a_selection_is_enough_in_development_alone(self, stage: str, outcome: str) -> None:
        policy = ProjectPolicy.model_validate({"validation": {"min_scenarios": 2}})
        terms = Terms(judged_on=TODAY, policy=policy, stage=Stage(stage))
        audits = terms.judge_project([a_result()], [], is_selection=True)
        assert next(audit.outcome.value for audit in audits if audit.id == "few-scenarios") == outcome
        none = terms.judge_project([], [], is_selection=True)
        assert next(audit.outcome.value for audit in none if audit.id == "few-scenarios") == "NO_EVIDENCE"


@pytest.mark.parametrize(
    ("settings", "is_selection"),
    [
        ({}, False),
        ({"scenarios": "/x/scenarios"}, False),
        ({"scenarios": "/x/scenarios/a.yaml"}, True),
        ({"only": ("churn",)}, True),
        ({"tags": ("smoke",)}, True),
        ({"from_step": "Train"}, True),
    ],
)
def test_a_run_of_some_scenarios_knows_that_it_is_one(settings: dict[str, Any], *, is_selection: bool) -> None:
    assert RunSettings(**settings).is_selection is is_selection


class TestFacts:
    criterion = next(item for item in CRITERIA if item.meta.id == "missing-drill")

    def outcome(self, **changes: Any) -> tuple[Outcome, str]:
        fields = {"id": "missing-drill", "examined_count": 3, **changes}
        product = judge_fact(self.criterion, [Fact(**fields)], TODAY)
        assert product.remedy or product.outcome is Outcome.PASS
        return product.outcome, product.message

    @pytest.mark.parametrize(
        ("changes", "outcome", "message"),
        [
            ({}, Outcome.PASS, "3 files looked at, nothing found"),
            ({"examined_count": 0}, Outcome.NO_EVIDENCE, "there were no files to look at"),
            ({"examined_count": None}, Outcome.NO_EVIDENCE, "nothing was found"),
            ({"problem_count": 2, "problems": ("a", "b")}, Outcome.FAIL, "a (and 1 more)"),
            ({"is_applicable": False}, Outcome.NOT_APPLICABLE, "it does not apply"),
            ({"expires_on": TODAY}, Outcome.PASS, "3 files looked at, nothing found"),
            ({"expires_on": TODAY - timedelta(days=1)}, Outcome.NO_EVIDENCE, "the record counted until 2026-03-13"),
            (
                {"recorded_on": TODAY + timedelta(days=1)},
                Outcome.NO_EVIDENCE,
                "the record is of 2026-03-15, which is still to come: look at the clock",
            ),
        ],
    )
    def test_a_fact_is_judged_as_of_a_day(self, changes: dict[str, Any], outcome: Outcome, message: str) -> None:
        assert self.outcome(**changes) == (outcome, message)

    def test_missing_evidence_names_the_command_that_makes_it(self) -> None:
        product = judge_fact(self.criterion, [], TODAY)
        assert product.remedy == "Make the evidence: readiness evidence drill RUN"


class TestRecords:
    def test_a_broken_policy_makes_every_run_inconclusive(self) -> None:
        record = PolicyRecord(source="readiness.toml", text="[levels]\nx = 'gate'\n", judged_on=TODAY)
        terms = terms_of(record)
        assert terms.problems
        report = judged(problems=terms.problems)
        assert (report.verdict, report.exit_code) == (Verdict.INCONCLUSIVE, 4)
        assert report.reason.startswith("The policy cannot be read: readiness.toml:2: levels.x: no audit is named 'x'")

    def test_a_policy_that_is_missing_is_told(self) -> None:
        terms = terms_of(PolicyRecord(source="a.toml", problem="No such file or directory", judged_on=date(2026, 1, 1)))
        assert [problem.line() for problem in terms.problems] == ["a.toml: No such file or directory"]

    def test_a_record_that_is_not_whole_is_damage(self) -> None:
        terms = terms_of(PolicyRecord(judged_on=TODAY), is_whole=False)
        report = judged(damage=terms.damage)
        assert report.reason == "Files of the run were changed or lost since: policy.json"
        assert report.verdict is Verdict.INCONCLUSIVE
