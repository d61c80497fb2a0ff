"""What GitHub Actions is told of a run."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from builders import a_report, a_result, a_step
from cursus_readiness.cli.github import plain_line
from cursus_readiness.cli.verdict import finish
from cursus_readiness.model.result import StepStatus
from cursus_readiness.render.markdown import render_markdown
from cursus_readiness.store.layout import RunLayout
from cursus_readiness.store.writing import write_text
from cursus_readiness.workflow import RunOutcome

REPORT = a_report(a_result([a_step(status=StepStatus.FAILED, reason="exit code 1")]))


@pytest.fixture
def layout(tmp_path: Path) -> RunLayout:
    layout = RunLayout(tmp_path / "run")
    write_text(layout.rendered("md"), render_markdown(REPORT))
    return layout


def told(layout: RunLayout, **environment: str) -> tuple[int, str, str]:
    """Exit code, standard output and error."""
    app = typer.Typer()

    @app.command()
    def judge() -> None:
        finish(RunOutcome(REPORT, layout), strict=False)

    found = CliRunner().invoke(app, [], env={"GITHUB_ACTIONS": None, "GITHUB_STEP_SUMMARY": None, **environment})
    return found.exit_code, found.stdout, found.stderr


@pytest.mark.parametrize("environment", [{}, {"GITHUB_ACTIONS": "false"}], ids=str)
def test_elsewhere_nothing_of_it_is_told(environment: dict[str, str], layout: RunLayout, tmp_path: Path) -> None:
    code, out, _ = told(layout, **environment, GITHUB_STEP_SUMMARY=str(tmp_path / "summary"))
    assert (code, "::" in out, (tmp_path / "summary").exists()) == (10, False, False)


def test_failures_are_annotations_and_the_report_is_added_to_the_summary(layout: RunLayout, tmp_path: Path) -> None:
    summary = tmp_path / "summary"
    summary.write_text("before\n", encoding="utf-8")
    code, out, _ = told(layout, GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(summary))
    assert code == 10
    assert out.startswith("::error title=Steps fail in churn::1 of 1 executed steps failed")
    assert summary.read_text(encoding="utf-8") == "before\n" + render_markdown(REPORT)


def test_without_a_summary_there_are_annotations(layout: RunLayout) -> None:
    code, out, err = told(layout, GITHUB_ACTIONS="true")
    assert (code, out.startswith("::error "), err) == (10, True, "")


def test_a_summary_that_cannot_be_written_is_a_warning(layout: RunLayout, tmp_path: Path) -> None:
    code, _, err = told(layout, GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(tmp_path))
    assert code == 10
    assert err == f"warning: no step summary: {tmp_path}: Is a directory\n"


def test_a_summary_that_would_be_dropped_as_too_long_is_left_as_it_is(layout: RunLayout, tmp_path: Path) -> None:
    summary = tmp_path / "summary"
    summary.write_bytes(b"x" * (1 << 20))
    _, _, err = told(layout, GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(summary))
    assert "there is no room left in it" in err
    assert summary.stat().st_size == 1 << 20


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("::error::x", ": :error::x"),
        (" \n::add-mask::x", "  : :add-mask::x"),
        ("a ##[error]x", "a ## [error]x"),
        ("churn::Train: ok", "churn::Train: ok"),
    ],
)
def test_foreign_text_gives_no_command(text: str, line: str) -> None:
    assert plain_line(text) == line
