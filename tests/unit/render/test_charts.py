"""Figures that plotly accepts, and that show nothing that was not measured."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

import pytest
from plotly import graph_objects

from builders import a_result, a_step, a_step_that_never_ran, a_usage
from cursus_readiness.model.attachments import StepSeries
from cursus_readiness.model.result import StepResult, StepStatus, Usage
from cursus_readiness.render.charts import BAR_LIMIT, SERIES_LIMIT, Chart, scenario_charts
from cursus_readiness.render.figures import CONFIG, DARK, label
from cursus_readiness.render.text import log_lines, script_json, visible
from cursus_readiness.units import MIB

Charts = dict[str, Chart]

STEPS = [
    a_step("Split", offset_s=1.0, wall_s=4.0, process_offset_s=1.5),
    a_step("Train", offset_s=9.0, wall_s=6.0, depends_on=("Split",), status=StepStatus.FAILED, exit_code=1),
    a_step("Simulate", offset_s=17.0, status=StepStatus.OUT_OF_MEMORY, signal=9, memory_limit_bytes=900 * MIB),
    a_step("Unwatched", offset_s=30.0, usage=Usage()),
    a_step("Untimed", offset_s=41.0, wall_s=None, status=StepStatus.FAILED, usage=Usage()),
    a_step_that_never_ran("Evaluate", StepStatus.BLOCKED, "upstream Train failed"),
    a_step_that_never_ran("Register", StepStatus.NOT_EXECUTED, "cannot run here"),
    a_step_that_never_ran("Old", StepStatus.REUSED),
]


def a_series(step: str, **changes: Any) -> StepSeries:
    fields: dict[str, Any] = {
        "scenario": "churn",
        "step": step,
        "sample_count": 3,
        "elapsed_s": (0.1, 1.0, 2.0),
        "memory_bytes": (10 * MIB, 500 * MIB, 1024 * MIB),
        "cpu_ratio": (0.0, 1.5, 1.0),
    }
    return StepSeries(**{**fields, **changes})


def charts_of(steps: Sequence[StepResult] = STEPS, series: Sequence[StepSeries] = (), cpu_count: int = 4) -> Charts:
    return {chart.kind: chart for chart in scenario_charts(a_result(steps), series, cpu_count)}


@pytest.fixture(scope="module")
def charts() -> Charts:
    return charts_of(series=[a_series("Split"), a_series("Train"), a_series("Simulate")])


def traces(chart: Chart, name: str) -> list[dict[str, Any]]:
    return [trace for trace in chart.figure["data"] if trace["name"] == name]


@pytest.mark.parametrize("kind", ["timeline", "memory", "cpu", "peaks"])
def test_plotly_accepts_every_figure(charts: Charts, kind: str) -> None:
    figure = graph_objects.Figure(charts[kind].figure)
    assert len(figure.data) == len(charts[kind].figure["data"])
    json.dumps(charts[kind].figure, allow_nan=False)


def test_steps_without_a_time_are_words_not_bars_of_no_length(charts: Charts) -> None:
    drawn = [row for trace in charts["timeline"].figure["data"] if trace["type"] == "bar" for row in trace["y"]]
    said = traces(charts["timeline"], "no bar")[0]
    assert set(drawn) == {0, 1, 2, 3}
    assert said["y"] == [4, 5, 6, 7]
    assert [text.strip() for text in said["text"]] == [
        "failed",
        "blocked: upstream Train failed",
        "not executed: cannot run here",
        "reused",
    ]


def test_waiting_is_the_time_from_the_last_dependency_to_the_start(charts: Charts) -> None:
    waiting = traces(charts["timeline"], "waiting")[0]
    place = waiting["y"].index(1)
    assert (waiting["base"][place], waiting["x"][place]) == (5.5, 3.5)


def test_a_status_is_told_by_hatch_and_word_too(charts: Charts) -> None:
    failed = traces(charts["timeline"], "failed")[0]
    assert failed["marker"]["pattern"]["shape"] == "/"
    assert failed["text"] == ["failed"]


def test_an_unmeasured_peak_has_no_bar(charts: Charts) -> None:
    drawn = [row for trace in charts["peaks"].figure["data"] if trace["type"] == "bar" for row in trace["y"]]
    said = traces(charts["peaks"], "no bar")[0]
    assert len(drawn) == 3
    assert not set(drawn) & set(said["y"])
    assert {text.strip() for text in said["text"]} == {"not measured"}


def test_peaks_are_sorted_and_held_against_the_limit_of_each() -> None:
    steps = [
        a_step(name, memory_limit_bytes=limit * MIB, usage=a_usage(peak_memory_bytes=peak * MIB))
        for name, peak, limit in (("Small", 100, 200), ("Large", 300, 400))
    ]
    chart = charts_of(steps)["peaks"]
    assert chart.figure["layout"]["yaxis"]["ticktext"] == ["Large", "Small"]
    assert traces(chart, "memory limit")[0]["x"] == [400, 200]
    assert traces(chart, "succeeded")[0]["text"] == ["300 MiB, 75 % of 400 MiB", "100 MiB, 50 % of 200 MiB"]


def test_series_stand_where_their_step_ran(charts: Charts) -> None:
    train = traces(charts["memory"], "Train")[0]
    assert train["x"] == [9.1, 10.0, 11.0]
    assert train["y"] == [10, 500, 1024]


def test_a_limit_far_above_the_data_leaves_the_axis_to_the_data() -> None:
    step = a_step("Split", memory_limit_bytes=100 * 1024 * MIB)
    scales = charts_of([step], [a_series("Split")])["memory"].figure["layout"]["meta"]["scales"]
    assert scales["shown"] == "data"
    assert scales["limit"][1] > scales["data"][1]


def test_a_limit_near_the_data_is_shown() -> None:
    step = a_step("Split", memory_limit_bytes=1100 * MIB)
    chart = charts_of([step], [a_series("Split")])["memory"]
    assert chart.figure["layout"]["meta"]["scales"]["shown"] == "limit"
    assert chart.figure["layout"]["yaxis"]["range"][1] >= 1100


def test_samples_that_were_not_measured_are_gaps() -> None:
    chart = charts_of([a_step("Split")], [a_series("Split", cpu_ratio=(0.0, math.nan, 1.0))])["cpu"]
    assert traces(chart, "Split")[0]["y"] == [0.0, None, 1.0]


def test_nothing_measured_draws_nothing_over_time() -> None:
    assert set(charts_of([a_step("Split", usage=Usage())], [a_series("Split", **NO_SAMPLES)])) == {"timeline"}
    assert charts_of([]) == {}


NO_SAMPLES: dict[str, Any] = {"sample_count": 0, "elapsed_s": (), "memory_bytes": (), "cpu_ratio": ()}


def test_what_is_left_out_of_a_large_run_is_said() -> None:
    steps = [a_step(f"S{number}", offset_s=float(number)) for number in range(SERIES_LIMIT + 1)]
    steps[0] = steps[0].model_copy(update={"status": StepStatus.FAILED})
    charts = charts_of(steps, [a_series(step.step_name) for step in steps])
    assert charts["memory"].note.startswith(f"{SERIES_LIMIT} of {SERIES_LIMIT + 1} steps")
    assert traces(charts["memory"], "S0")
    assert str(SERIES_LIMIT + 1 - BAR_LIMIT) in charts["peaks"].note


def test_names_are_literal_in_plotly() -> None:
    assert label("<b>x</b> & \u202ey") == "&lt;b&gt;x&lt;/b&gt; &amp; \u27e8U+202E\u27e9y"
    assert len(label("x" * 100)) == 34


def test_no_chart_can_be_sent_anywhere() -> None:
    assert "sendChartToCloud" in CONFIG["modeBarButtonsToRemove"]
    assert CONFIG["plotlyServerURL"] == ""
    assert CONFIG["displaylogo"] is False


def test_every_colour_has_its_counterpart_in_the_dark(charts: Charts) -> None:
    text = json.dumps([chart.figure for chart in charts.values()])
    used = {text[place : place + 7] for place in range(len(text)) if text[place] == "#"}
    assert used <= set(DARK)


def test_json_cannot_end_its_script_and_refuses_what_is_not_a_number() -> None:
    assert script_json({"b": "</script>\u2028", "a": 1}) == '{"a":1,"b":"\\u003c/script\\u003e\\u2028"}'
    with pytest.raises(ValueError, match="not JSON compliant"):
        script_json(math.nan)


def test_hidden_characters_are_named_and_line_ends_kept() -> None:
    assert visible("a\x00\x1b\u202e\n\tb") == "a\u2400\u241b\u27e8U+202E\u27e9\n\tb"


def test_a_log_is_what_a_terminal_leaves_with_its_first_error() -> None:
    lines = log_lines("\x1b[1;31mred\x1b[0m\r\n1 %\r99 %\nerror_rate 0\nwarning: error ahead\npkg.BadError: x\nerror\n")
    assert [line.text for line in lines] == [
        "red",
        "99 %",
        "error_rate 0",
        "warning: error ahead",
        "pkg.BadError: x",
        "error",
    ]
    assert [line.is_error for line in lines].index(True) == 4
