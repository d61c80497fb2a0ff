"""readiness.md: for a pull request or a step summary."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import a_report, a_result, a_rule, a_step, a_step_that_never_ran, a_usage
from cursus_readiness.model.audit import OptimizationRecommendation
from cursus_readiness.model.finding import Finding, Severity
from cursus_readiness.model.result import StepStatus
from cursus_readiness.render.markdown import render_markdown

LIMIT_BYTES = 900 << 10  # GitHub drops step summaries of more than 1 MiB


def test_the_verdict_comes_first() -> None:
    text = render_markdown(a_report(a_result()))
    assert text.startswith("# READY\n\n1 scenario with 1 executed steps passed")


def test_a_run_that_is_ready_has_nothing_that_keeps_it_from_that() -> None:
    text = render_markdown(a_report(a_result()))
    assert "What keeps it from being ready" not in text
    assert "## Recommendations" not in text
    assert "| churn | passed | 1 / 1 | 0 | 12.5 s | 1 GiB |" in text


def test_every_gate_that_is_not_good_is_shown() -> None:
    steps = [a_step("Train", status=StepStatus.FAILED, reason="exit code 1")]
    text = render_markdown(a_report(a_result(steps, rules=(a_rule(held=False),))))
    assert text.startswith("# NOT READY\n")
    assert "| FAIL | churn | Steps fail | 1 of 1 executed steps failed, first Train: exit code 1 |" in text
    assert "| FAIL | churn | Validation rules are broken |" in text
    assert "**not passed**" in text


def test_what_was_not_measured_is_not_shown_as_zero() -> None:
    steps = [a_step_that_never_ran("A", StepStatus.BLOCKED, "Prep failed")]
    text = render_markdown(a_report(a_result(steps, total_duration=float("nan"))))
    row = next(line for line in text.splitlines() if line.startswith("| A |"))
    assert row == "| A | blocked: Prep failed | not measured | not measured | not measured | not measured |"
    assert "| churn | **not passed** | 0 / 1 | 0 | not measured | not measured |" in text


def test_recommendations_say_what_to_do() -> None:
    text = render_markdown(a_report(a_result([a_step(usage=a_usage(cpu_s=0.1))])))
    assert "- **medium** (cpu) Train computes for 100 ms of 10.0 s. Find what Train waits for" in text


def test_the_checklist_has_all_eight_items() -> None:
    text = render_markdown(a_report(a_result()))
    assert "| 1 | System Validation | PASS |  |" in text
    assert len(re.findall(r"^\| [1-8] \| ", text, re.MULTILINE)) == 8
    assert "| 8 | Backup/Recovery | NO EVIDENCE | Needs " in text


def test_the_origin_of_the_report_is_named() -> None:
    origin = render_markdown(a_report(a_result())).rstrip().splitlines()[-1]
    assert origin == (
        "Run 20260314T092653Z-abc123, 2026-03-14 09:26:53 UTC, commit `0123456789ab`, cursus-readiness 1.2.3."
    )


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a|b", r"a\|b"),
        ("<script>", r"\<script\>"),
        ("[x](http://y)", r"\[x\](http://y)"),
        ("![x](y)", r"\!\[x\](y)"),
        ("**a** _b_ `c`", r"\*\*a\*\* \_b\_ \`c\`"),
        ("a\nb\r\n\tc", "a b c"),
        ("&lt;", r"\&lt;"),
        ("~~a~~ #1", r"\~\~a\~\~ \#1"),
        ("back\\slash", r"back\\slash"),
    ],
)
def test_foreign_text_is_shown_as_it_is(name: str, shown: str) -> None:
    text = render_markdown(a_report(a_result([a_step(name)], scenario_name=name)))
    assert f"\n| {shown} | passed |" in text
    assert f"\n## {shown}\n" in text
    assert f"\n| {shown} | succeeded |" in text


@given(st.text(min_size=1, max_size=60))
def test_no_name_breaks_a_table(name: str) -> None:
    steps = [a_step(name, status=StepStatus.FAILED, reason=name)]
    lines = render_markdown(a_report(a_result(steps, scenario_name=name))).split("\n")
    rows = [line for line in lines if line.startswith("|")]
    for row in rows:
        assert row.endswith(" |")
    counts = [len(re.findall(r"(?<!\\)(?:\\\\)*\|", row)) for row in rows]
    assert counts == len(rows) * [counts[0]] or set(counts) <= {4, 5, 7}


@pytest.mark.parametrize(("count", "note"), [(150, None), (151, "1 more steps"), (10_150, "10,000 more steps")])
def test_only_so_many_steps_are_shown_and_the_others_counted(count: int, note: str | None) -> None:
    text = render_markdown(a_report(a_result([a_step(f"S{index}") for index in range(count)])))
    assert ("left out" in text) is (note is not None)
    assert note is None or f"*{note} left out: see readiness.html or readiness.json.*" in text
    assert "| S149 |" in text
    assert "| S150 |" not in text


HOSTILE = ["x", "\U0001f600", "&", "\u202e", "\x00", "|", "\ud800"]


@pytest.mark.parametrize("character", HOSTILE, ids=ascii)
def test_it_fits_a_step_summary_whatever_it_is_made_from(character: str) -> None:
    def hostile(number: int) -> str:
        return f"{number}{character * 5000}"

    steps = [
        a_step(hostile(index), status=StepStatus.FAILED, reason=hostile(0), stand_in=hostile(0)) for index in range(160)
    ]
    rules = tuple(
        a_rule(held=False, step=hostile(0), target=hostile(0), message=hostile(index)) for index in range(160)
    )
    one_each = [a_result([step], scenario_name=hostile(index)) for index, step in enumerate(steps)]
    together = a_result(steps, scenario_name=hostile(0), rules=rules)
    problem = Finding(id="unreadable-file", severity=Severity.ERROR, message=hostile(0), place=hostile(1))
    advice = OptimizationRecommendation(
        category="cpu", severity="high", description=hostile(0), suggested_action=hostile(1), estimated_improvement=""
    )
    more = {
        "reason": hostile(0), "run_id": hostile(1), "problems": (problem,) * 160, "recommendations": (advice,) * 160
    }  # fmt: skip
    for scenarios in ([together], one_each):
        text = render_markdown(a_report(*scenarios).model_copy(update=more))
        assert len(text.encode("utf-8", "surrogatepass")) <= LIMIT_BYTES
        assert text.startswith("# NOT READY\n")
        assert "## Production readiness checklist" in text


def test_ten_thousand_failures_are_counted() -> None:
    steps = [a_step(f"S{index}", status=StepStatus.FAILED, reason="exit code 1") for index in range(10_000)]
    text = render_markdown(a_report(a_result(steps)))
    assert "*9,950 more failures left out: see readiness.html or readiness.json.*" in text
    assert len(text.encode()) <= LIMIT_BYTES


def test_a_failure_is_told_with_its_reason() -> None:
    steps = [a_step("Train", status=StepStatus.OUT_OF_MEMORY, reason="over 4 GiB")]
    text = render_markdown(a_report(a_result(steps, rules=(a_rule(held=False, message="3 rows"),))))
    assert "| churn | step Train | out of memory: over 4 GiB |" in text
    assert "| churn | rule row\\_count on data/\\*.csv of Train | 3 rows |" in text


def test_what_could_not_be_read_is_told() -> None:
    problem = Finding(id="unreadable-file", severity=Severity.ERROR, message="not a file", place="churn/A/result.json")
    text = render_markdown(a_report(a_result()).model_copy(update={"problems": (problem,)}))
    assert "## What could not be read\n\n- churn/A/result.json: not a file\n" in text


def test_scenarios_that_did_not_pass_come_first() -> None:
    failing = a_result([a_step(status=StepStatus.FAILED)], scenario_name="zz")
    text = render_markdown(a_report(a_result(), failing))
    assert text.index("| zz |") < text.index("| churn | passed |")


def test_nothing_is_left_out_of_a_short_report() -> None:
    assert "left out" not in render_markdown(a_report(a_result()))


def test_a_report_without_scenarios_is_shown() -> None:
    text = render_markdown(a_report())
    assert text.startswith("# INCONCLUSIVE\n\nNothing was judged.\n\n## What keeps it from being ready")
    assert "there were no scenarios to look at" in text
