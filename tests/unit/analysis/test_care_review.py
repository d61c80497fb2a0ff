"""What a review takes from the newest run."""

from __future__ import annotations

from datetime import timedelta

from builders import START, a_report, a_result, a_step_that_never_ran
from cursus_readiness.analysis.care import review_of
from cursus_readiness.analysis.comparison import compare
from cursus_readiness.audits.policy import Policy
from cursus_readiness.model.care import DUTIES, CareReview
from cursus_readiness.model.comparison import Figure
from cursus_readiness.model.report import ReadinessReport
from cursus_readiness.model.result import StepStatus
from cursus_readiness.render.care import render_review
from earlier_runs import a_timed_step, repeats


def review(newest: ReadinessReport) -> CareReview:
    tolerances = Policy().yardstick.tolerances
    return review_of(
        DUTIES[1],
        [],
        now=START + timedelta(days=1),
        newest=newest,
        health=None,
        time=tolerances[Figure.WALL],
        memory=tolerances[Figure.PEAK_MEMORY],
    )


def test_what_is_worse_than_the_baseline_is_listed_the_proven_first() -> None:
    before, now = repeats([10.0 + place / 100 for place in range(8)]), repeats([20.0] * 8, first=8)
    comparison = compare(before, now, name_before="main", name_now="now", yardstick=Policy().yardstick)
    found = review(a_report(a_result([a_timed_step()])).model_copy(update={"comparison": comparison}))
    assert [text.split(" (")[0] for text in found.regressions] == [
        "churn / Train: wall time regressed",
        "churn / Train: CPU time regressed",
    ]
    assert "## Worse than the baseline, in the newest run\n\n- churn / Train: wall time regressed" in render_review(
        found
    )


def test_one_run_against_one_may_be_noise_and_says_so() -> None:
    comparison = compare(
        repeats([10.0]), repeats([20.0], first=1), name_before="main", name_now="now", yardstick=Policy().yardstick
    )
    found = review(a_report(a_result()).model_copy(update={"comparison": comparison}))
    assert all("suspect (" in text for text in found.regressions)
    assert found.regressions


def test_steps_that_were_not_executed_are_listed() -> None:
    step = a_step_that_never_ran("Cluster", StepStatus.NOT_EXECUTED, "no such type")
    assert review(a_report(a_result([step]))).not_executed == ("churn / Cluster (Processing)",)


def test_of_very_many_the_rest_is_counted() -> None:
    steps = [a_step_that_never_ran(f"S{number}", StepStatus.NOT_EXECUTED) for number in range(53)]
    assert "- and 3 more" in render_review(review(a_report(a_result(steps))))
