"""A run folder, complete or not."""

from __future__ import annotations

import json
import math
from array import array
from pathlib import Path
from typing import Any

import pytest

from builders import START, a_job, a_plan, a_rule, a_step, an_environment
from cursus_readiness import workflow
from cursus_readiness.errors import InvalidInputError
from cursus_readiness.judging import judge
from cursus_readiness.model.report import RunManifest, Verdict
from cursus_readiness.model.result import StepStatus
from cursus_readiness.store.layout import RunLayout
from cursus_readiness.store.reading import read_log_tail, read_run, read_samples
from cursus_readiness.store.records import FindingsRecord, ScenarioRecord
from cursus_readiness.store.writing import write_samples, write_shape, write_text

EVENTS: list[dict[str, Any]] = [
    {
        "event": "run_started",
        "at": START.isoformat(),
        "environment": an_environment().model_dump(mode="json"),
        "scenarios": ["churn"],
    },
    {"event": "step_started", "scenario": "churn", "step": "Prep"},
    {"event": "step_started", "scenario": "churn", "step": "Train"},
]


def journal(layout: RunLayout, events: list[dict[str, Any]]) -> None:
    write_text(layout.journal, "".join(json.dumps(event) + "\n" for event in events))


@pytest.fixture
def run(tmp_path: Path) -> RunLayout:
    """A complete run of one scenario with two steps, of which the second failed, and a rule that is broken."""
    layout = RunLayout(tmp_path / "run")
    scenario = layout.scenario("churn")
    journal(layout, EVENTS)
    plan = a_plan(a_job("Prep"), a_job("Train"))
    rules = {"Train": {"data/*.csv": "exists"}}
    write_shape(
        scenario.plan,
        plan.model_copy(update={"scenario": plan.scenario.model_copy(update={"validation_rules": rules})}),
    )
    write_shape(scenario.step("Prep").result, a_step("Prep"))
    write_shape(scenario.step("Train").result, a_step("Train", status=StepStatus.FAILED, reason="exit code 1"))
    write_shape(scenario.findings, FindingsRecord(rules=(a_rule(held=None),)))
    write_shape(scenario.record, ScenarioRecord(scenario_name="churn", started_at=START, total_duration_s=20.0))
    write_shape(
        layout.manifest,
        RunManifest(
            run_id="run", started_at=START, finished_at=START, wall_s=21.0, environment=an_environment(),
            scenarios=("churn",),
        ),
    )  # fmt: skip
    return layout


def verdict(layout: RunLayout) -> Verdict:
    return judge(read_run(layout.folder)).verdict


def test_a_complete_run_is_read_whole(run: RunLayout) -> None:
    stored = read_run(run.folder)
    assert stored.manifest
    assert stored.manifest.wall_s == 21.0
    assert stored.environment == an_environment()
    (scenario,) = stored.scenarios
    assert scenario.plan
    assert list(scenario.steps) == ["Prep", "Train"]
    assert scenario.is_complete
    assert scenario.started_steps == {"Prep", "Train"}
    assert len(scenario.findings.rules) == 1


def test_a_run_without_a_manifest_is_incomplete(run: RunLayout) -> None:
    run.manifest.unlink()
    assert read_run(run.folder).manifest is None


def test_a_scenario_without_a_record_is_incomplete(run: RunLayout) -> None:
    run.scenario("churn").record.unlink()
    (scenario,) = read_run(run.folder).scenarios
    assert not scenario.is_complete
    assert scenario.record.scenario_name == "churn"


def test_a_run_that_crashed_right_after_its_start_is_read(tmp_path: Path) -> None:
    layout = RunLayout(tmp_path)
    journal(layout, EVENTS[:1])
    (scenario,) = read_run(tmp_path).scenarios
    assert (scenario.plan, scenario.steps, scenario.started_steps, scenario.is_complete) == (
        None,
        {},
        frozenset(),
        False,
    )


def test_a_journal_that_was_cut_is_read_up_to_there(run: RunLayout) -> None:
    text = run.journal.read_text(encoding="utf-8")
    run.journal.write_text(text[: text.rindex('"Train"')], encoding="utf-8")
    assert read_run(run.folder).scenarios[0].started_steps == {"Prep"}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(None, id="no journal"),
        pytest.param("", id="an empty journal"),
        pytest.param('{"event": "step_started"}\n', id="no start"),
        pytest.param('{"event": "run_started"}\n', id="a start without fields"),
        pytest.param(json.dumps({**EVENTS[0], "environment": {"tool_version": 3}}) + "\n", id="another environment"),
        pytest.param(json.dumps({**EVENTS[0], "at": "yesterday"}) + "\n", id="no instant"),
    ],
)
def test_what_is_no_run_folder_is_refused(text: str | None, tmp_path: Path) -> None:
    if text is not None:
        (tmp_path / "events.jsonl").write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInputError) as caught:
        judge(read_run(tmp_path))
    assert caught.value.fix


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[]", b'{"schema_version": 1}'], ids=ascii)
@pytest.mark.parametrize(
    "name",
    ["run.json", "churn/plan.json", "churn/scenario.json", "churn/findings.json", "churn/Train/result.json"],
)
def test_a_broken_file_is_told_and_the_run_is_shown_without_it_but_never_ready(
    name: str, content: bytes, run: RunLayout
) -> None:
    write_shape(run.scenario("churn").step("Train").result, a_step("Train"))
    write_shape(run.scenario("churn").findings, FindingsRecord(rules=(a_rule(held=True),)))
    assert verdict(run) is Verdict.READY
    (run.folder / name).write_bytes(content)
    if name.endswith("findings.json") and content.startswith(b'{"s'):
        content = b""  # no findings are a file of findings, too
        (run.folder / name).write_bytes(content)
    outcome = workflow.report(run.folder)
    assert outcome.report.verdict is Verdict.INCONCLUSIVE
    (problem,) = outcome.report.problems
    assert (problem.id, problem.place) == ("unreadable-file", name)
    assert str(run.folder) not in problem.message
    assert outcome.unwritten == ()
    assert name in outcome.layout.rendered("html").read_text(encoding="utf-8")
    assert name.replace("_", r"\_") in outcome.layout.rendered("md").read_text(encoding="utf-8")


def test_a_step_whose_result_is_damaged_says_so(run: RunLayout) -> None:
    run.scenario("churn").step("Prep").result.write_bytes(b"{")
    prep, train = judge(read_run(run.folder)).scenarios[0].steps
    assert (prep.status, prep.reason) == (StepStatus.INTERRUPTED, "its result cannot be read")
    assert train.reason == "exit code 1"


@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1 and no end", b"no start PAR1"], ids=ascii)
def test_broken_samples_are_told_and_the_verdict_stays(content: bytes, run: RunLayout) -> None:
    samples = run.scenario("churn").step("Train").samples
    samples.write_bytes(content)
    outcome = workflow.report(run.folder)
    assert outcome.report.verdict is Verdict.NOT_READY
    assert outcome.unwritten == ()
    if content != b"PAR1":
        (problem,) = outcome.report.problems
        assert problem.line() == "churn/Train/samples.parquet: not readable as samples"


def test_credentials_in_what_earlier_versions_stored_are_not_shown(run: RunLayout) -> None:
    key = "AKIA" + "IOSFODNN7EXAMPLE"
    step = run.scenario("churn").step("Train")
    write_shape(step.result, a_step("Train", status=StepStatus.FAILED, reason=f"refused {key}"))
    step.stderr.write_text(f"refused {key}, password=hunter2\n", encoding="utf-8")
    outcome = workflow.report(run.folder)
    assert outcome.report.scenarios[0].steps[1].reason == "refused ***"
    assert "refused ***, password=***" in outcome.layout.rendered("html").read_text(encoding="utf-8")


def test_a_failed_run_is_not_ready(run: RunLayout) -> None:
    assert verdict(run) is Verdict.NOT_READY


@pytest.mark.parametrize(
    "lost",
    [
        ("run.json",),
        ("churn/scenario.json",),
        ("churn/findings.json",),
        ("churn/plan.json",),
        ("churn/Train/result.json",),
        ("churn/Prep/result.json",),
        ("churn/Train/result.json", "churn/findings.json"),
        ("churn/Train/result.json", "churn/findings.json", "churn/Prep/result.json"),
    ],
    ids=" and ".join,
)
@pytest.mark.parametrize("train", [StepStatus.SUCCEEDED, StepStatus.FAILED])
def test_a_run_that_lost_files_is_never_ready(lost: tuple[str, ...], train: StepStatus, run: RunLayout) -> None:
    write_shape(run.scenario("churn").step("Train").result, a_step("Train", status=train))
    write_shape(run.scenario("churn").findings, FindingsRecord(rules=(a_rule(held=True),)))
    assert verdict(run) is (Verdict.READY if train is StepStatus.SUCCEEDED else Verdict.NOT_READY)
    for name in lost:
        (run.folder / name).unlink()
    assert verdict(run) in (Verdict.INCONCLUSIVE, Verdict.NOT_READY)


def test_samples_come_back_as_they_were(tmp_path: Path) -> None:
    columns = {"elapsed_s": array("d", [0.1, 0.2]), "pss_bytes": array("d", [math.nan, 5.0])}
    write_samples(tmp_path / "s.parquet", columns)
    found = read_samples(tmp_path / "s.parquet")
    assert found["elapsed_s"].tolist() == [0.1, 0.2]
    assert math.isnan(found["pss_bytes"][0])
    assert found["pss_bytes"][1] == 5.0


def test_no_samples_are_no_columns(tmp_path: Path) -> None:
    assert read_samples(tmp_path / "s.parquet") == {}


def test_samples_without_a_tick_are_empty_columns(tmp_path: Path) -> None:
    write_samples(tmp_path / "s.parquet", {"elapsed_s": array("d")})
    assert len(read_samples(tmp_path / "s.parquet")["elapsed_s"]) == 0


def test_broken_samples_are_none(tmp_path: Path) -> None:
    (tmp_path / "s.parquet").write_bytes(b"PAR1")
    assert read_samples(tmp_path / "s.parquet") == {}


@pytest.mark.parametrize(
    ("content", "limit", "expected"),
    [
        (b"", 10, ("", 0)),
        (b"0123456789", 10, ("0123456789", 0)),
        (b"0123456789x", 10, ("123456789x", 1)),
        (b"a\xff", 10, ("a\ufffd", 0)),
    ],
    ids=["empty", "exactly the limit", "a byte more", "not UTF-8"],
)
def test_the_end_of_a_log_is_kept(content: bytes, limit: int, expected: tuple[str, int], tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(content)
    assert read_log_tail(tmp_path / "log", limit) == expected


def test_a_log_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert read_log_tail(tmp_path / "log") == ("", 0)


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    write_text(tmp_path / "deep" / "a.txt", "old")
    with pytest.raises(UnicodeEncodeError):
        write_text(tmp_path / "deep" / "a.txt", "new \ud800")
    assert (tmp_path / "deep" / "a.txt").read_text(encoding="utf-8") == "old"
    write_text(tmp_path / "deep" / "a.txt", "new")
    assert (tmp_path / "deep" / "a.txt").read_text(encoding="utf-8") == "new"


def test_a_run_of_a_later_version_is_refused_with_what_to_do(tmp_path: Path) -> None:
    later = json.dumps({**EVENTS[0], "schema_version": 2})
    (tmp_path / "events.jsonl").write_text(later + "\n", encoding="utf-8")
    with pytest.raises(InvalidInputError, match="schema version 2, this is for 1") as error:
        read_run(tmp_path)
    assert error.value.fix == "update cursus-readiness"
