"""Care after deployment: what is due, records, reviews."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from builders import START, an_environment
from cursus_readiness import care
from cursus_readiness.analysis.care import state_of
from cursus_readiness.cli.app import app
from cursus_readiness.errors import CannotRunError, InvalidInputError, UsageError
from cursus_readiness.model.audit import Outcome
from cursus_readiness.model.care import DUTIES, CareRecord, CareState
from cursus_readiness.model.health import HealthReport, HealthResult
from cursus_readiness.model.report import RunSettings
from cursus_readiness.model.result import StepStatus
from cursus_readiness.store.layout import OutLayout
from cursus_readiness.store.reading import StoredRun, read_run
from cursus_readiness.store.writing import write_shape, write_text
from cursus_readiness.units import GIB
from earlier_runs import a_run_id, a_summary, a_timed_step, write_run

HEALTH, PERFORMANCE, SECURITY, FEATURES = DUTIES
NOW = START + timedelta(days=1)
HOSTILE = "| <b>`evil`\u202e"


def a_record(days_ago: float, duty: str = "performance") -> CareRecord:
    return CareRecord(duty=duty, done_at=NOW - timedelta(days=days_ago), by="the team")


def a_health_check(out: Path, hours_ago: float, **changes: Any) -> None:
    fields: dict[str, Any] = {
        "checked_at": NOW - timedelta(hours=hours_ago), "tool_version": "1", "workspace": "/w",
        "status": Outcome.PASS, "checks": (),
    }  # fmt: skip
    write_shape(OutLayout(out).health, HealthReport(**{**fields, **changes}))


def state(out: Path, duty: str) -> CareState:
    return next(item for item in care.states(out, NOW) if item.duty.id == duty)


def command(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["care", *map(str, arguments)])


class TestDue:
    def test_the_four_duties_of_the_plan(self) -> None:
        assert [duty.every_days for duty in DUTIES] == [1, 7, 30, 91]

    @pytest.mark.parametrize(("days_ago", "is_due"), [(6.999, False), (7, True), (8, True), (0, False)], ids=str)
    def test_a_duty_is_due_again_after_its_time(self, days_ago: float, is_due: bool) -> None:
        assert state_of(PERFORMANCE, [a_record(days_ago)], NOW).is_due is is_due

    def test_the_newest_record_counts_and_those_of_others_do_not(self) -> None:
        records = [a_record(1), a_record(9), a_record(0, "security")]
        assert state_of(PERFORMANCE, records, NOW).done_at == a_record(1).done_at

    def test_without_evidence_everything_is_due(self, tmp_path: Path) -> None:
        found = care.states(tmp_path / "none", NOW)
        assert all(item.is_due and item.done_at is None for item in found)

    def test_a_record_of_the_future_is_no_evidence_and_said(self) -> None:
        found = state_of(PERFORMANCE, [a_record(-1), a_record(9)], NOW)
        assert found.is_due
        assert "lies in the future" in (found.problem or "")
        assert state_of(PERFORMANCE, [a_record(-1)], NOW).is_due

    @pytest.mark.parametrize(("hours_ago", "is_due"), [(23, False), (24, True)])
    def test_a_health_check_is_its_own_evidence(self, hours_ago: float, is_due: bool, tmp_path: Path) -> None:
        a_health_check(tmp_path, hours_ago)
        found = state(tmp_path, "health")
        assert found.is_due is is_due
        assert found.by == "readiness health-check"

    @pytest.mark.parametrize("content", [b"{", b"\xff", b'{"schema_version": 1, "records": [{"duty": "x"}]}'])
    @pytest.mark.parametrize(("file", "duty"), [("care.json", "performance"), ("health.json", "health")])
    def test_evidence_that_cannot_be_read_is_none_and_says_why(
        self, file: str, duty: str, content: bytes, tmp_path: Path
    ) -> None:
        (tmp_path / file).write_bytes(content)
        found = state(tmp_path, duty)
        assert found.is_due
        assert file in (found.problem or "")


class TestDone:
    def test_what_was_done_is_due_later(self, tmp_path: Path) -> None:
        out = tmp_path / "reports"
        care.done(out, "security", by=" the team ", note="nothing found", now=NOW)
        care.done(out, "performance", by="the team", note=None, now=NOW)
        found = state(out, "security")
        assert (found.is_due, found.by, found.due_at) == (False, "the team", NOW + timedelta(days=30))

    @pytest.mark.parametrize(
        ("duty", "by", "fix"),
        [
            ("health", "me", "readiness health-check"),
            ("securty", "me", "did you mean security?"),
            ("x", "me", "choose from: health, performance, security, features"),
            ("security", "  ", "readiness care done security --by NAME"),
        ],
    )
    def test_what_makes_no_sense_is_refused(self, duty: str, by: str, fix: str, tmp_path: Path) -> None:
        with pytest.raises(UsageError) as caught:
            care.done(tmp_path, duty, by=by, note=None, now=NOW)
        assert caught.value.fix == fix

    def test_a_broken_record_is_not_written_over(self, tmp_path: Path) -> None:
        (tmp_path / "care.json").write_bytes(b"{")
        with pytest.raises(InvalidInputError):
            care.done(tmp_path, "security", by="me", note=None, now=NOW)
        assert (tmp_path / "care.json").read_bytes() == b"{"

    def test_a_folder_that_cannot_be_written_is_an_error(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        with pytest.raises(CannotRunError):
            care.done(tmp_path / "file", "security", by="me", note=None, now=NOW)


class TestReview:
    def test_a_period_stands_beside_what_was_before(self, tmp_path: Path) -> None:
        for number in range(2):
            write_run(tmp_path, a_summary(a_timed_step(), number=number, total_duration=10.0))
        environment = an_environment(packages={"pandas": "3.1.0"})
        late = 24 * 20
        for number in range(3):
            summary = a_summary(
                a_timed_step(peak_bytes=2 * GIB), number=late + number, total_duration=15.0, environment=environment
            )
            write_run(tmp_path, summary)
        text = care.review(tmp_path, "performance", START + timedelta(hours=late + 3))
        assert "Runs: 3 READY." in text
        row = next(line for line in text.splitlines() if line.startswith("| churn |"))
        assert row == "| churn | 3 of 3 | 15.0 s (+50 %) | 10.0 s | 2 GiB (+100 %) | 1 GiB |  |"
        assert "- pandas: 3.0.0 before, 3.1.0 now" in text

    def test_another_level_is_marked(self, tmp_path: Path) -> None:
        for number in range(10):
            write_run(tmp_path, a_summary(a_timed_step(), number=number, total_duration=10.0 + 20 * (number > 4)))
        assert "another level" in care.review(tmp_path, "performance", NOW)

    def test_runs_that_did_not_end_or_cannot_be_read_are_counted(self, tmp_path: Path) -> None:
        failed = a_timed_step(status=StepStatus.FAILED)
        write_run(tmp_path, a_summary(failed, number=0))
        write_run(tmp_path, a_summary(number=1, is_complete=False))
        (tmp_path / a_run_id(2)).mkdir()
        text = care.review(tmp_path, "performance", NOW)
        assert "Runs: 1 NOT READY, 1 incomplete, 1 unreadable." in text
        assert "is not a run folder" in text

    def test_without_runs_it_says_so(self, tmp_path: Path) -> None:
        text = care.review(tmp_path, "features", NOW)
        assert "No run in this period" in text
        assert "Never checked" in text
        assert "Every pipeline that is deployed has a scenario." in text

    def test_health_that_is_not_good_is_listed(self, tmp_path: Path) -> None:
        check = HealthResult(id="memory", outcome=Outcome.FAIL, message=HOSTILE)
        a_health_check(tmp_path, 1, status=Outcome.FAIL, checks=(check,))
        text = care.review(tmp_path, "security", NOW)
        assert "FAIL, checked" in text
        assert "- memory: \\| \\<b\\>\\`evil\\`\u27e8U+202E\u27e9" in text

    def test_the_same_runs_give_the_same_text(self, tmp_path: Path) -> None:
        write_run(tmp_path, a_summary())
        assert care.review(tmp_path, "performance", NOW) == care.review(tmp_path, "performance", NOW)

    def test_recommendations_and_regressions_come_from_the_newest_run_of_everything(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write_run(tmp_path, a_summary(number=0))
        write_run(tmp_path, a_summary(number=1, settings=RunSettings(only=("churn",))))
        read: list[str] = []

        def read_it(folder: Path) -> StoredRun:
            read.append(folder.name)
            return read_run(folder)

        monkeypatch.setattr(care, "read_run", read_it)
        care.review(tmp_path, "performance", NOW)
        assert read == [a_run_id(0)]


class TestCommand:
    def test_what_is_due_is_a_table(self, tmp_path: Path) -> None:
        lines = command("--out", tmp_path).stdout.splitlines()
        assert [line.split()[0] for line in lines] == ["duty", "health", "performance", "security", "features"]
        assert "readiness care review performance" in lines[2]

    def test_as_json(self, tmp_path: Path) -> None:
        found = json.loads(command("--out", tmp_path, "--json").stdout)
        assert [item["is_due"] for item in found] == [True] * 4

    def test_a_schedule_may_fail_on_it(self, tmp_path: Path) -> None:
        assert command("--out", tmp_path, "--fail-on-due").exit_code == 10
        for duty in ("performance", "security", "features"):
            assert command("done", duty, "--by", "the team", "--out", tmp_path).exit_code == 0
        assert command("--out", tmp_path, "--fail-on-due").exit_code == 10
        a_health_check(tmp_path, 0, checked_at=datetime.now(UTC))
        assert command("--out", tmp_path, "--fail-on-due").exit_code == 0

    def test_done_says_when_it_is_due_again(self, tmp_path: Path) -> None:
        assert "due again" in command("done", "security", "--by", "the team", "--out", tmp_path).stdout

    def test_a_review_is_printed_or_written(self, tmp_path: Path) -> None:
        assert command("review", "security", "--out", tmp_path).stdout.startswith("# Monthly security update\n")
        file = tmp_path / "review.md"
        assert command("review", "security", "--out", tmp_path, "--file", file).stdout == f"wrote {file}\n"
        assert file.read_text(encoding="utf-8").startswith("# Monthly security update\n")

    def test_a_review_that_cannot_be_written_is_an_error(self, tmp_path: Path) -> None:
        write_text(tmp_path / "file", "")
        result = command("review", "security", "--out", tmp_path, "--file", tmp_path / "file" / "x")
        assert isinstance(result.exception, CannotRunError)
