"""The page is written whatever became of the steps."""

from __future__ import annotations

import pytest

from builders import a_report, a_result, a_step, a_step_that_never_ran
from cursus_readiness.model.attachments import Attachments
from cursus_readiness.model.result import StepStatus
from cursus_readiness.render.html import render_html


@pytest.mark.parametrize("status", list(StepStatus))
def test_a_step_of_any_status_has_a_page(status: StepStatus) -> None:
    has_usage = status.was_executed or status.has_succeeded
    for step in ([a_step("Train", status=status)] if has_usage else []) + [a_step_that_never_ran("Train", status)]:
        page = render_html(a_report(a_result([step])), Attachments())
        assert page.lower().startswith("<!doctype html>")
        assert "Train" in page


def test_a_report_without_scenarios_has_a_page() -> None:
    assert "INCONCLUSIVE" in render_html(a_report(), Attachments())


def test_the_same_report_gives_the_same_page() -> None:
    report = a_report(a_result())
    assert render_html(report, Attachments()) == render_html(report, Attachments())
