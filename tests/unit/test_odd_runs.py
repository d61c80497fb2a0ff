"""Whatever a run folder holds, it is judged and shown in every format, and nothing that is missing becomes a number."""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pyarrow.parquet as pq
import pytest

from builders import START, a_job, a_plan, a_step, an_environment
from cursus_readiness import workflow
from cursus_readiness.model.report import RunManifest, Verdict
from cursus_readiness.model.result import StepResult
from cursus_readiness.render.json import report_schema
from cursus_readiness.sampling.sampler import SAMPLE_COLUMNS
from cursus_readiness.store.layout import RunLayout
from cursus_readiness.store.records import FindingsRecord, ScenarioRecord
from cursus_readiness.store.writing import write_samples, write_shape, write_text
from cursus_readiness.workflow import RunOutcome

NAN = float("nan")
NAMES = {
    "Arabic": "خط الأنابيب",
    "Chinese": "流水线/训练",
    "emoji": "👩‍🔬 train 🚀",
    "combining": "e\u0301te\u0301 Z\u0351\u0301algo",
    "right to left": "a\u202eb",
    "markup": "<b>&amp;|`*_</b>",
    "dots": "..",
    "long": "n" * 300,
}


@pytest.fixture
def layout(tmp_path: Path) -> RunLayout:
    return RunLayout(tmp_path / "20260101T000000Z-abcdef")


def store(layout: RunLayout, scenarios: dict[str, Iterable[StepResult]], *, is_complete: bool = True) -> None:
    """Write a run folder with these steps."""
    start: dict[str, Any] = {"event": "run_started", "at": START.isoformat(), "scenarios": list(scenarios)}
    start["environment"] = an_environment().model_dump(mode="json")
    write_text(layout.journal, json.dumps(start) + "\n")
    for name, steps in scenarios.items():
        files, given = layout.scenario(name), list(steps)
        write_shape(files.plan, a_plan(*(a_job(step.step_name) for step in given)))
        write_shape(files.findings, FindingsRecord())
        write_shape(files.record, ScenarioRecord(scenario_name=name, started_at=START, total_duration_s=20.0))
        for step in given:
            write_shape(files.step(step.step_name).result, step)
    if is_complete:
        end = RunManifest(
            run_id=layout.run_id,
            started_at=START,
            finished_at=START,
            wall_s=21.0,
            environment=an_environment(),
            scenarios=tuple(scenarios),
        )
        write_shape(layout.manifest, end)


def shown(layout: RunLayout) -> tuple[RunOutcome, Any]:
    """The outcome with readiness.json, after a look at every other file."""
    outcome = workflow.report(layout.folder)
    assert outcome.unwritten == ()
    fields = json.loads(
        layout.rendered("json").read_text(encoding="utf-8"), parse_constant=lambda name: pytest.fail(f"{name} in JSON")
    )
    jsonschema.Draft202012Validator(report_schema()).validate(fields)
    for suffix in ("xml", "svg"):
        ElementTree.fromstring(layout.rendered(suffix).read_text(encoding="utf-8"))
    for suffix in ("html", "md", "xml", "trace"):
        words = layout.rendered(suffix).read_text(encoding="utf-8")
        assert words
        assert suffix == "html" or "nan" not in words.lower()
    pq.read_table(layout.metrics).validate(full=True)
    return outcome, fields


def test_a_run_without_scenarios(layout: RunLayout) -> None:
    store(layout, {})
    outcome, fields = shown(layout)
    assert outcome.report.verdict is Verdict.INCONCLUSIVE
    assert fields["scenarios"] == []


def test_a_scenario_without_steps(layout: RunLayout) -> None:
    store(layout, {"churn": []})
    assert shown(layout)[0].report.verdict is not Verdict.READY


def test_a_run_that_was_killed(layout: RunLayout) -> None:
    store(layout, {"churn": [a_step("A"), a_step("B")], "later": [a_step("A")]}, is_complete=False)
    layout.scenario("churn").step("B").result.unlink()
    for path in (layout.scenario("later").plan, layout.scenario("later").record):
        path.unlink()
    outcome, fields = shown(layout)
    assert outcome.report.verdict is Verdict.INCONCLUSIVE
    assert [step["wall_s"] for step in fields["scenarios"][0]["steps"]] == [10.0, None]
    assert fields["scenarios"][1]["total_duration"] is None


def test_a_step_without_a_sample_and_one_of_which_not_all_was_measured(layout: RunLayout) -> None:
    store(layout, {"churn": [a_step("A"), a_step("B")]})
    values = {name: array("d", [NAN, NAN]) for name in SAMPLE_COLUMNS}
    values |= {"elapsed_s": array("d", [0.1, 0.2]), "rss_bytes": array("d", [5.0, 6.0])}
    write_samples(layout.scenario("churn").step("B").samples, values)
    shown(layout)
    rows = pq.read_table(layout.metrics).to_pylist()
    assert [(row["step"], row["rss_bytes"], row["pss_bytes"]) for row in rows] == [("B", 5, None), ("B", 6, None)]


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_a_name_in_any_script(name: str, layout: RunLayout) -> None:
    store(layout, {name: [a_step(name)]})
    values = {column: array("d", [1.0, 2.0]) for column in SAMPLE_COLUMNS}
    write_samples(layout.scenario(name).step(name).samples, values)
    outcome, fields = shown(layout)
    assert outcome.report.verdict is Verdict.READY
    assert fields["scenarios"][0]["steps"][0]["step_name"] == name
    assert pq.read_table(layout.metrics).column("step").to_pylist() == [name, name]
    suite = ElementTree.fromstring(layout.rendered("xml").read_text(encoding="utf-8"))[0]
    assert suite.get("name") == name
