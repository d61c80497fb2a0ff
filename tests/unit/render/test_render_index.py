"""The page of all runs as text."""

from __future__ import annotations

import re

from builders import a_result, an_environment
from cursus_readiness.analysis.history import history_of
from cursus_readiness.audits.policy import Policy
from cursus_readiness.model.comparison import Figure
from cursus_readiness.model.history import History, HistoryEntry
from cursus_readiness.model.result import StepStatus
from cursus_readiness.render.index import render_index
from cursus_readiness.render.sparks import spark, strip
from earlier_runs import a_run_id, a_summary, a_timed_step

HOSTILE = "</script><script>window.harmed=1</script> \u202eevil\x1b[31m"


def a_history(count: int = 12) -> History:
    """Runs of which some failed, some were cut off, and one cannot be read; the second scenario has a hostile name."""
    entries = []
    for number in reversed(range(count)):
        steps = [a_timed_step(status=StepStatus.FAILED if number % 5 == 2 else StepStatus.SUCCEEDED, reason=HOSTILE)]
        scenarios = [
            a_result(steps, scenario_name=name, total_duration=10.0 if number < count // 2 else 14.0)
            for name in ("churn", HOSTILE)
        ]
        summary = a_summary(
            number=number,
            scenarios=scenarios,
            is_complete=number % 6 != 4,
            environment=an_environment(commit=None if number == 3 else f"{number:040x}", is_commit_dirty=number == 5),
        )
        entries.append(HistoryEntry(run_id=summary.newest.run_id, summary=summary, has_page=number != 1))
    entries.append(HistoryEntry(run_id="20260101T000000Z-abcdef", problem=HOSTILE, has_page=False))
    tolerances = Policy().yardstick.tolerances
    return history_of(entries, time=tolerances[Figure.WALL], memory=tolerances[Figure.PEAK_MEMORY])


def test_the_same_history_gives_the_same_bytes() -> None:
    assert render_index(a_history()) == render_index(a_history())


def test_every_run_leads_to_its_report_if_it_has_one() -> None:
    links = re.findall(r'<th scope="row"><a href="([^"]+)"', render_index(a_history()))
    assert links == [f"{a_run_id(number)}/readiness.html" for number in reversed(range(12)) if number != 1]


def test_hostile_names_stay_text() -> None:
    page = render_index(a_history())
    assert page.count("<script>") == 1
    assert "\u202e" not in page
    assert "\x1b" not in page
    assert "&lt;/script&gt;" in page


def test_the_policy_allows_the_page_own_script_and_nothing_else() -> None:
    page = render_index(a_history())
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)
    assert policy is not None
    assert "default-src &#39;none&#39;" in policy[1]
    assert "unsafe" not in policy[1]


def test_what_is_left_out_is_told() -> None:
    history = a_history().model_copy(update={"entries_left_out": 7, "trends_left_out": 2})
    page = render_index(history)
    assert "7 older runs are left out" in page
    assert "2 scenarios that have not run for longest are left out" in page
    assert "20 runs. The newest" in page


def test_a_folder_without_runs_says_so() -> None:
    page = render_index(History(entries=()))
    assert "There is no run in this folder." in page
    assert "<table" not in page


def test_what_was_not_measured_is_not_shown_as_zero() -> None:
    summary = a_summary(scenarios=[a_result([], total_duration=0.0, problem="invalid")])
    entry = HistoryEntry(
        run_id="x",
        summary=summary.model_copy(update={"runs": (summary.newest.model_copy(update={"wall_s": None}),)}),
        has_page=True,
    )
    tolerances = Policy().yardstick.tolerances
    page = render_index(history_of([entry], time=tolerances[Figure.WALL], memory=tolerances[Figure.PEAK_MEMORY]))
    assert page.count('<span class="none">not measured</span>') == 4
    assert "0 ms" not in page


def test_a_line_is_broken_where_nothing_was_measured() -> None:
    found = spark([1.0, 2.0, None, 4.0, None, 1.0, 1.0], shifts=(3,))
    assert re.sub(r"[\d.]+ [\d.]+", "", found.line) == "MLML"
    assert len(found.lonely) == 1
    assert found.shifts == [found.lonely[0]]
    assert found.last is not None
    assert found.last[0] == 236.0


def test_nothing_measured_draws_nothing() -> None:
    assert spark([None, None]) == ("", [], None, [])
    assert spark([0.0]).lonely == [(236.0, 36.0)]


def test_each_outcome_has_a_shape_of_its_own() -> None:
    found = strip([True, False, None, True])
    assert found.passed.count("M") == 2
    assert found.failed.endswith("36V4")
    assert found.unknown.endswith("35.9V36")
