"""What a notebook shows of results and reports."""

from __future__ import annotations

from xml.etree import ElementTree

from builders import a_report, a_result, a_step, a_step_that_never_ran
from cursus_readiness.model.result import StepStatus
from report_pages import a_comparison

HOSTILE = "<script>alert(1)</script>&\"'"


def shown(text: str) -> ElementTree.Element:
    """The table; it is well-formed XML, too."""
    return ElementTree.fromstring(text)


def cells(text: str) -> list[list[str | None]]:
    return [[cell.text for cell in row] for row in shown(text).findall("tbody/tr")]


def test_a_result_is_a_table_of_its_steps() -> None:
    steps = [a_step("Prep"), a_step_that_never_ran("Train", StepStatus.BLOCKED, "Prep failed")]
    text = a_result(steps)._repr_html_()
    assert shown(text).findtext("caption") == "churn: not passed, 12.5 s"
    assert cells(text) == [
        ["Prep", "succeeded", "10.0 s", "1 GiB"],
        ["Train", "blocked: Prep failed", "not measured", "not measured"],
    ]


def test_why_a_scenario_did_not_run_is_said() -> None:
    text = a_result([], problem="invalid", error_details="a.yaml:3: x", total_duration=float("nan"))._repr_html_()
    assert shown(text).findtext("caption") == "churn: not passed, not measured (a.yaml:3: x)"


def test_a_report_is_its_verdict_and_a_table_of_scenarios() -> None:
    text = a_report(a_result())._repr_html_()
    assert (shown(text).findtext("caption") or "").startswith("READY: 1 scenario with 1 executed steps passed")
    assert cells(text) == [["churn", "passed", "1 / 1", "12.5 s"]]


def test_foreign_text_is_shown_as_it_is() -> None:
    result = a_result([a_step(HOSTILE, status=StepStatus.FAILED, reason=HOSTILE)], scenario_name=HOSTILE)
    for text in (result._repr_html_(), a_report(result)._repr_html_()):
        assert "<script" not in text
        assert "style" not in text
        assert HOSTILE in "".join(shown(text).itertext())


def test_a_long_table_is_cut_with_a_count() -> None:
    rows = cells(a_result([a_step(f"S{number}") for number in range(1050)])._repr_html_())
    assert len(rows) == 51
    assert rows[-1] == ["1,000 more"]


def test_a_comparison_is_a_table_of_what_differs() -> None:
    text = a_comparison("<b>churn</b>")._repr_html_()
    assert text.count("<tr>") == 1 + 4
    assert text.index("regressed") < text.index("improved")
    assert "1 figures are the same" in text
    assert "<b>" not in text
