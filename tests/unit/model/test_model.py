"""Shapes that hold together."""

from __future__ import annotations

import math
from typing import Any

import pytest
from pydantic import ValidationError

from builders import a_plan, a_reading, a_result, a_scenario, a_step
from cursus_readiness.model.audit import Quantity, Unit
from cursus_readiness.model.finding import Finding, Severity
from cursus_readiness.model.report import ChecklistItem
from cursus_readiness.model.result import E2ETestResult, StepStatus, Usage
from cursus_readiness.units import GIB


@pytest.mark.parametrize(
    "fields", [{"peak_rss_bytes": 1}, {"peak_pss_bytes": 0}, {"io_wait_ratio": 0.0}], ids=lambda f: next(iter(f))
)
def test_a_sampled_value_needs_a_sample(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="without a single sample"):
        Usage(**fields)
    assert Usage(sample_count=1, **fields)


def test_shapes_are_frozen_and_refuse_unknown_fields() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        a_step().wall_s = 3.0  # type: ignore[misc]
    with pytest.raises(ValidationError, match="Extra inputs"):
        a_step(more=1)


@pytest.mark.parametrize("status", list(StepStatus))
def test_a_status_cannot_be_both_good_and_bad(status: StepStatus) -> None:
    assert not (status.has_succeeded and status.has_failed)
    assert status.was_executed or not status.has_failed


def test_the_names_of_the_statuses_stay() -> None:
    assert {status.value for status in StepStatus} == {
        "succeeded", "flaky", "failed", "timed_out", "out_of_memory", "blocked", "not_taken", "not_executed", "reused",
        "interrupted",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("unit", "value", "shown"),
    [
        (Unit.BYTES, 2048, "2 KiB"),
        (Unit.SECONDS, 90, "1 min 30 s"),
        (Unit.RATIO, 0.5, "50 %"),
        (Unit.COUNT, 1200, "1,200"),
    ],
)
def test_a_quantity_is_shown_with_its_unit(unit: Unit, value: float, shown: str) -> None:
    assert str(Quantity(value=value, unit=unit)) == shown


@pytest.mark.parametrize(("place", "line"), [("a.yaml:3: x", "a.yaml:3: x: message"), ("", "message")])
def test_a_finding_is_one_line(place: str, line: str) -> None:
    assert Finding(id="x", severity=Severity.NOTE, message="message", place=place).line() == line


@pytest.mark.parametrize("item", [0, 9])
def test_the_checklist_has_eight_items(item: int) -> None:
    with pytest.raises(ValidationError):
        ChecklistItem(item=item, title="x", outcome="PASS")


def test_a_result_that_was_not_measured_survives_json() -> None:
    found = E2ETestResult.model_validate_json(a_result([]).model_dump_json())
    assert math.isnan(found.peak_memory_usage)


class TestScenario:
    def test_a_step_has_the_limits_of_the_scenario_or_its_own(self) -> None:
        scenario = a_scenario(
            memory_limit_gb=2, retries=1, steps={"A": {"memory_limit_gb": 0.5, "timeout_minutes": 1.5, "retries": 0}}
        )
        assert (scenario.memory_limit_bytes("A"), scenario.memory_limit_bytes("B")) == (GIB // 2, 2 * GIB)
        assert (scenario.time_limit_s("A"), scenario.time_limit_s("B")) == (90, None)
        assert (scenario.retries_of("A"), scenario.retries_of("B")) == (0, 1)

    def test_an_override_of_one_thing_leaves_the_others(self) -> None:
        scenario = a_scenario(memory_limit_gb=2, retries=3, steps={"A": {"timeout_minutes": 1}})
        assert (scenario.memory_limit_bytes("A"), scenario.retries_of("A")) == (2 * GIB, 3)

    def test_a_scenario_without_a_file_has_paths_of_the_working_directory(
        self, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        assert a_scenario().path_of("a/../b.json") == (tmp_path / "b.json").resolve()

    def test_a_home_folder_is_found(self, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HOME", str(tmp_path))
        assert a_scenario(tmp_path).path_of("~/x") == (tmp_path / "x").resolve()

    def test_its_file_is_not_stored(self, tmp_path: Any) -> None:
        assert "source_file" not in a_plan(scenario=a_scenario(tmp_path)).model_dump_json()


def test_a_reading_is_plain_data() -> None:
    assert a_reading(cpu_s=1.0) == a_reading(cpu_s=1.0)
