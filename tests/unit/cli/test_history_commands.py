"""``history``, ``compare`` and ``baseline`` as the shell starts them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from builders import a_result, an_environment
from cursus_readiness.cli.app import app
from cursus_readiness.errors import ReadinessError
from cursus_readiness.model.result import StepStatus
from cursus_readiness.units import GIB
from earlier_runs import a_run_id, a_summary, a_timed_step, repeats, write_run

HOSTILE = "evil\x1b[31m\u202e name"


def readiness(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(item) for item in arguments])


def error_of(result: Result) -> ReadinessError:
    assert isinstance(result.exception, ReadinessError)
    return result.exception


class TestHistory:
    def test_every_run_is_a_line(self, tmp_path: Path) -> None:
        write_run(tmp_path, a_summary())
        write_run(tmp_path, a_summary(a_timed_step(status=StepStatus.FAILED), number=1, is_complete=False))
        (tmp_path / "20990101T000000Z-abcdef").mkdir()
        lines = readiness("history", "--out", tmp_path).stdout.splitlines()
        assert len(lines) == 4
        assert "unreadable" in lines[1]
        assert "is not a run folder" in lines[1]
        assert "NOT READY, incomplete" in lines[2]
        assert "0 of 1 passed" in lines[2]
        assert lines[3].split("  ")[:3] == ["2026-03-14 09:26:53", a_run_id(0), "READY"]
        assert lines[3].endswith("0123456789ab")

    def test_a_scenario_alone(self, tmp_path: Path) -> None:
        both = [a_result([a_timed_step(peak_bytes=peak)], scenario_name=name) for name, peak in (("a", GIB), ("b", 5))]
        write_run(tmp_path, a_summary(scenarios=both))
        write_run(tmp_path, a_summary(scenarios=both[:1], number=1))
        lines = readiness("history", "--out", tmp_path, "--scenario", "b").stdout.splitlines()
        assert len(lines) == 2
        assert "5 B" in lines[1]
        assert error_of(readiness("history", "--out", tmp_path, "--scenario", "c")).exit_code == 3

    def test_as_json(self, tmp_path: Path) -> None:
        write_run(tmp_path, a_summary(environment=an_environment(is_commit_dirty=True)))
        found = json.loads(readiness("history", "--out", tmp_path, "--json").stdout)
        assert found[0]["run_id"] == a_run_id(0)
        assert found[0]["summary"]["runs"][0]["verdict"] == "READY"

    def test_names_cannot_colour_the_terminal(self, tmp_path: Path) -> None:
        write_run(tmp_path, a_summary(environment=an_environment(commit=HOSTILE)))
        out = readiness("history", "--out", tmp_path).stdout
        assert "\x1b" not in out
        assert "\u202e" not in out

    def test_an_empty_folder_has_none(self, tmp_path: Path) -> None:
        assert error_of(readiness("history", "--out", tmp_path)).exit_code == 3


class TestCompare:
    def two_runs(self, folder: Path, **changes: Any) -> tuple[str, str, str, Path]:
        write_run(folder, a_summary(a_timed_step(), a_timed_step("Old")))
        now = a_summary(a_timed_step(**changes), a_timed_step("New"), number=1)
        write_run(folder, now.model_copy(update={"environment": an_environment(python_version="3.13.0")}))
        return a_run_id(0), a_run_id(1), "--out", folder

    def test_a_table_of_steps_and_figures(self, tmp_path: Path) -> None:
        result = readiness("compare", *self.two_runs(tmp_path, wall_s=20.0))
        assert result.exit_code == 0
        lines = [line.split() for line in result.stdout.splitlines()]
        assert ["other", "Python:", "3.11.7", "before,", "3.13.0", "now"] in lines
        assert ["churn", "Train", "peak", "memory", "1", "GiB", "1", "GiB", "0", "%", "same"] in lines
        assert ["churn", "New", "step", "added"] in lines
        assert ["churn", "Old", "step", "removed"] in lines
        assert not [line for line in lines if "New" in line and "wall" in line]
        assert "+100 %  suspect: a single measurement: 6 runs on each side would tell" in result.stdout
        assert lines[-1] == ["2", "suspect,", "1", "same,", "3", "no", "baseline"]

    def test_a_status_that_changed_is_told(self, tmp_path: Path) -> None:
        out = readiness("compare", *self.two_runs(tmp_path, status=StepStatus.OUT_OF_MEMORY)).stdout
        assert ["churn", "Train", "status", "succeeded", "out", "of", "memory", "changed"] in [
            line.split() for line in out.splitlines()
        ]

    @pytest.mark.parametrize(("walls", "code"), [([15.0 + number / 10 for number in range(7)], 10), ([15.0], 0)])
    def test_only_a_proven_regression_fails(self, tmp_path: Path, walls: list[float], code: int) -> None:
        for summary, name in (
            (repeats([10.0 + place / 10 for place in range(7)]), "a"),
            (repeats(walls, first=9), "b"),
        ):
            write_run(tmp_path, summary).rename(tmp_path / name)
        assert readiness("compare", "a", "b", "--out", tmp_path).exit_code == 0
        assert readiness("compare", "a", "b", "--out", tmp_path, "--fail-on-regression").exit_code == code

    def test_other_machines_are_named(self, tmp_path: Path) -> None:
        write_run(tmp_path, a_summary())
        write_run(tmp_path, a_summary(number=1, environment=an_environment(cpu_count=64)))
        out = readiness("compare", a_run_id(0), a_run_id(1), "--out", tmp_path).stdout
        assert "not comparable: CPUs: 4 before, 64 now" in out

    def test_as_json(self, tmp_path: Path) -> None:
        found = json.loads(readiness("compare", *self.two_runs(tmp_path), "--json").stdout)
        assert [step["change"] for step in found["scenarios"][0]["steps"]] == ["kept", "added", "removed"]

    def test_what_is_not_there_is_a_mistake(self, tmp_path: Path) -> None:
        assert error_of(readiness("compare", "a", "b", "--out", tmp_path)).exit_code == 2


class TestBaseline:
    def test_promote_list_show(self, tmp_path: Path) -> None:
        for number in range(2):
            write_run(tmp_path, a_summary(a_timed_step(wall_s=10.0 + number), number=number))
        names = [a_run_id(number) for number in range(2)]
        promoted = readiness("baseline", "promote", *names, "--out", tmp_path, "--name", "weekly")
        assert promoted.stdout.splitlines()[0] == f"wrote {tmp_path / 'baselines' / 'weekly.json'}"
        assert readiness("baseline", "list", "--out", tmp_path).stdout.splitlines()[1].split() == [
            "weekly", "READY", "2", "2026-03-14", "10:26:53", "0123456789ab",
        ]  # fmt: skip
        shown = readiness("baseline", "show", "weekly", "--out", tmp_path).stdout.splitlines()
        assert shown[0] == f"weekly: {', '.join(names)}"
        assert shown[-1].split() == ["churn", "Train", "succeeded", "2", "10.5", "s", "10.5", "s", "1", "GiB"]

    def test_a_forced_one_says_why(self, tmp_path: Path) -> None:
        write_run(tmp_path, a_summary(a_timed_step(status=StepStatus.FAILED)))
        refused = readiness("baseline", "promote", a_run_id(0), "--out", tmp_path)
        assert error_of(refused).exit_code == 2
        readiness("baseline", "promote", a_run_id(0), "--out", tmp_path, "--force", "the first")
        assert "forced: the first" in readiness("baseline", "list", "--out", tmp_path).stdout
        shown = readiness("baseline", "show", "main", "--out", tmp_path).stdout
        assert "forced: the first" in shown
        assert "not measured" in shown

    def test_without_one_the_list_says_what_to_do(self, tmp_path: Path) -> None:
        found = error_of(readiness("baseline", "list", "--out", tmp_path))
        assert (found.exit_code, found.fix) == (3, "readiness baseline promote RUN")
