"""The audits that need a baseline: advice, never a verdict."""

from __future__ import annotations

from typing import Any

import pytest

from builders import INSTANCES, START, a_result, a_table, an_environment
from cursus_readiness.analysis.comparison import compare
from cursus_readiness.audits.policy import Policy
from cursus_readiness.audits.report import judge_run
from cursus_readiness.audits.runner import run_audits
from cursus_readiness.model.audit import AuditResult, OptimizationRecommendation, Outcome
from cursus_readiness.model.comparison import Comparison
from cursus_readiness.model.contention import Contention
from cursus_readiness.model.result import OutputRecord
from cursus_readiness.model.summary import RunSummary
from cursus_readiness.model.verdict import Verdict
from cursus_readiness.units import GIB, MIB
from earlier_runs import a_summary, a_timed_step, repeats

USUAL = [10.0 + number / 10 for number in range(7)]
SLOW = [value + 4 for value in USUAL]
IDS = ("slower-step", "hungrier-step", "changed-output")


def beside(before: RunSummary, now: RunSummary) -> Comparison:
    return compare(before, now, name_before="main", name_now="now", yardstick=Policy().yardstick)


def judged(comparison: Comparison | None) -> tuple[dict[str, AuditResult], list[OptimizationRecommendation]]:
    results, advice = run_audits([a_result([a_timed_step()])], Policy(), INSTANCES, comparison=comparison)
    return {item.id: item for item in results}, advice


def test_without_a_baseline_they_do_not_apply() -> None:
    found, _ = judged(None)
    assert {found[name].outcome for name in IDS} == {Outcome.NOT_APPLICABLE}


def test_what_is_as_before_passes() -> None:
    output = OutputRecord(name="x", uri="s3://b/x", file_count=1, size_bytes=5 * MIB)
    same = a_timed_step(outputs=(output,))
    found, advice = judged(beside(a_summary(same), a_summary(same, number=1)))
    assert {found[name].outcome for name in IDS} == {Outcome.PASS}
    assert found["slower-step"].message == "as in main: 2 figures"
    assert advice == []


def test_a_proven_regression_is_a_recommendation() -> None:
    found, advice = judged(beside(repeats(USUAL), repeats(SLOW, first=10)))
    slower = found["slower-step"]
    assert slower.outcome is Outcome.WARN
    assert slower.message == "Train: wall time 14.3 s, 10.3 s in main (+39 %)"
    assert slower.measured is not None
    assert slower.threshold is not None
    assert slower.threshold.value == pytest.approx(11.33)
    assert [(item.audit, item.category, item.step) for item in advice] == [("slower-step", "cpu", "Train")]
    assert advice[0].estimated_improvement == "4.0 s less, as in main"


def test_a_suspicion_is_a_warning_without_a_recommendation() -> None:
    found, advice = judged(beside(a_summary(a_timed_step()), a_summary(a_timed_step(peak_bytes=2 * GIB), number=1)))
    hungrier = found["hungrier-step"]
    assert hungrier.outcome is Outcome.WARN
    assert "(+100 %), a single measurement: 6 runs on each side would tell" in hungrier.message
    assert hungrier.remedy is not None
    assert hungrier.remedy.startswith("Run it again")
    assert advice == []


def test_an_output_that_changed_is_a_warning_without_a_direction() -> None:
    def side(rows: int, number: int) -> RunSummary:
        output = OutputRecord(name="x", uri="s3://b/x", file_count=1, size_bytes=MIB, tables=(a_table(rows=rows),))
        return a_summary(a_timed_step(outputs=(output,)), number=number)

    found, _ = judged(beside(side(1000, 0), side(900, 1)))
    assert found["changed-output"].message == "Train: output rows 900, 1,000 in main (-10 %)"
    assert found["changed-output"].outcome is Outcome.WARN
    assert found["changed-output"].threshold is None


@pytest.mark.parametrize(
    ("step", "environment"),
    [({}, {"cpu_model": "Another"}), ({"contention": Contention(concurrent_steps=2)}, {})],
    ids=["another machine", "a busy machine"],
)
def test_what_cannot_be_compared_is_no_evidence(step: dict[str, Any], environment: dict[str, Any]) -> None:
    now = a_summary(a_timed_step(**step), number=1, environment=an_environment(**environment))
    found, _ = judged(beside(a_summary(a_timed_step()), now))
    assert found["slower-step"].outcome is Outcome.NO_EVIDENCE
    assert found["hungrier-step"].outcome is Outcome.PASS


def test_a_scenario_that_the_baseline_lacks_does_not_apply() -> None:
    other = a_summary(scenarios=[a_result([a_timed_step()], scenario_name="other")])
    found, _ = judged(beside(other, a_summary(a_timed_step(), number=1)))
    assert {found[name].outcome for name in IDS} == {Outcome.NOT_APPLICABLE}


def test_a_proven_regression_leaves_the_verdict_as_it_is() -> None:
    fields: dict[str, Any] = {
        "run_id": "x", "started_at": START, "wall_s": 1.0, "is_complete": True, "environment": an_environment(),
        "policy": Policy(), "instances": INSTANCES,
    }  # fmt: skip
    plain = judge_run([a_result([a_timed_step()])], **fields)
    worse = judge_run(
        [a_result([a_timed_step()])], **fields, comparison=beside(repeats(USUAL), repeats(SLOW, first=10))
    )
    assert (worse.verdict, worse.reason) == (plain.verdict, plain.reason) == (Verdict.READY, plain.reason)
    assert worse.comparison is not None
