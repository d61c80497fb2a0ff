"""What is different from the baseline, in words."""

from __future__ import annotations

from cursus_readiness.model.comparison import Standing
from cursus_readiness.render.changes import changes_view, step_changes, told, worst_word
from report_pages import a_comparison


def test_what_is_proven_to_be_worse_comes_first() -> None:
    view = changes_view(a_comparison("churn"))
    assert [change.look[1] for change in view.figures] == ["regressed", "suspect", "changed", "improved"]
    assert [(word, count) for (_, word), count in view.counts if word in ("regressed", "same")] == [
        ("regressed", 1),
        ("same", 1),
    ]


def test_steps_that_came_went_or_ended_otherwise_are_told() -> None:
    view = changes_view(a_comparison("churn"))
    assert [(step, what) for _, step, what in view.steps] == [
        ("Flaky", "added"),
        ("Gone", "removed"),
        ("Slow", "was called Slower"),
        ("Train", "failed, before: succeeded"),
    ]


def test_a_figure_is_told_with_its_difference() -> None:
    figures = [figure for _, _, figure in a_comparison("churn").found(Standing.REGRESSED)]
    words = told(figures[0])
    assert (words.before, words.now, words.delta) == ("2.0 s (2.0 s to 2.0 s, 7 runs)", "2.8 s", "+800 ms (+40 %)")


def test_a_figure_that_one_side_lacks_has_no_difference() -> None:
    figure = next(figure for _, _, figure in a_comparison("churn").found(Standing.SAME))
    words = told(figure.model_copy(update={"before": None, "delta": None}))
    assert (words.before, words.delta) == ("not measured", "")


def test_the_worst_word_of_a_step_is_that_of_its_figures() -> None:
    steps = step_changes(a_comparison("churn"))
    assert worst_word(steps["churn", "Feature-00"]) == "regressed"
    assert worst_word(steps["churn", "Gone"]) is None
    assert worst_word(None) is None
    assert step_changes(None) == {}
