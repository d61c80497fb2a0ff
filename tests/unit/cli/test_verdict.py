"""How a judged run is told, and the exit code it ends with."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from builders import a_report, a_result, a_step
from cursus_readiness.analysis.comparison import compare
from cursus_readiness.audits.policy import Policy
from cursus_readiness.cli.verdict import finish
from cursus_readiness.errors import CannotRunError
from cursus_readiness.model.finding import Finding, Severity
from cursus_readiness.model.report import ReadinessReport, Verdict
from cursus_readiness.model.result import StepStatus
from cursus_readiness.publishing import Unwritten
from cursus_readiness.store.layout import RunLayout
from cursus_readiness.workflow import RunOutcome
from earlier_runs import a_summary


def told(report: ReadinessReport, *, strict: bool = False) -> tuple[int, str]:
    """Exit code and standard output."""
    app = typer.Typer()

    @app.command()
    def judge() -> None:
        finish(RunOutcome(report, RunLayout(Path("/reports/run"))), strict=strict)

    found = CliRunner().invoke(app, [])
    return found.exit_code, found.stdout


def with_verdict(verdict: Verdict, code: int) -> ReadinessReport:
    return a_report(a_result()).model_copy(update={"verdict": verdict, "exit_code": code})


@pytest.mark.parametrize(
    ("verdict", "code", "strict", "expected"),
    [
        (Verdict.READY, 0, False, 0),
        (Verdict.READY, 0, True, 0),
        (Verdict.READY_WITH_WAIVERS, 0, False, 0),
        (Verdict.READY_WITH_WAIVERS, 0, True, 10),
        (Verdict.NOT_READY, 10, False, 10),
        (Verdict.NOT_READY, 10, True, 10),
        (Verdict.INCONCLUSIVE, 11, False, 11),
        (Verdict.INCONCLUSIVE, 11, True, 11),
        (Verdict.INCONCLUSIVE, 4, False, 4),
        (Verdict.INCONCLUSIVE, 5, True, 5),
    ],
)
def test_a_verdict_ends_with_its_code(verdict: Verdict, code: int, strict: bool, expected: int) -> None:
    assert told(with_verdict(verdict, code), strict=strict)[0] == expected


def test_the_path_of_the_report_comes_last() -> None:
    assert told(a_report(a_result()))[1].splitlines()[-1] == "/reports/run/readiness.html"


def test_files_that_could_not_be_read_are_named() -> None:
    problem = Finding(id="unreadable-file", severity=Severity.ERROR, message="not a file", place="churn/A/result.json")
    _, text = told(a_report(a_result()).model_copy(update={"problems": (problem,)}))
    assert "not readable: churn/A/result.json: not a file\n" in text


def test_a_report_that_is_not_complete_ends_with_an_error_after_the_verdict(tmp_path: Path) -> None:
    missing = Unwritten(tmp_path / "readiness.md", OSError(28, "No space left on device"))
    outcome = RunOutcome(a_report(a_result()), RunLayout(tmp_path), (missing,))
    with pytest.raises(CannotRunError, match=r"readiness\.md: No space left on device") as caught:
        finish(outcome, strict=False)
    assert caught.value.exit_code == 5


def test_a_good_run_is_told_in_few_words() -> None:
    _, text = told(a_report(a_result()))
    assert text.splitlines() == [
        "",
        "churn: passed, 1/1 steps, 12.5 s",
        "",
        "READY",
        "1 scenario with 1 executed steps passed, 0 rules hold, all limits were kept.",
        "/reports/run/readiness.html",
    ]


def test_what_differs_from_the_baseline_is_counted() -> None:
    yardstick = Policy().yardstick
    comparison = compare(a_summary(), a_summary(number=1), name_before="main", name_now="x", yardstick=yardstick)
    _, text = told(a_report(a_result()).model_copy(update={"comparison": comparison}))
    assert "compared with main: 3 same" in text.splitlines()


def test_a_gate_that_failed_is_told_with_its_remedy() -> None:
    code, text = told(a_report(a_result([a_step(status=StepStatus.FAILED, reason="exit code 1")])))
    assert code == 10
    assert "FAIL failed-scenario in churn: 1 of 1 executed steps failed, first Train: exit code 1" in text
    assert "  fix: Read the log of Train, and the findings on it." in text
    assert "NOT READY" in text


def test_a_scenario_that_could_not_run_says_why() -> None:
    result = a_result([], problem="cannot_run", error_details="no space\nleft", total_duration=float("nan"))
    code, text = told(a_report(result))
    assert code == 5
    assert "churn: cannot run\n  no space\n  left\n" in text
