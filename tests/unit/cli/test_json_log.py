"""Structured logs: every line is JSON, with run, scenario and step."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from builders import FakeClock
from cursus_readiness.cli.app import app
from cursus_readiness.cli.json_log import JsonLog, json_log
from cursus_readiness.errors import CannotRunError, InvalidInputError
from pipelines import processing, write_pipeline
from s3_servers import Answer, Request, interceptor


def lines_of(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize(
    ("event", "level"),
    [
        ({"event": "run_started", "run_id": "r"}, "info"),
        ({"event": "step_finished", "status": "succeeded", "step": "Train"}, "info"),
        ({"event": "step_finished", "status": "timed_out", "step": "Train"}, "error"),
        ({"event": "found", "severity": "warning"}, "warning"),
        ({"event": "found", "severity": "note"}, "info"),
        ({"event": "scenario_rejected", "scenario": "churn"}, "error"),
        ({"event": "not_told", "message": "m"}, "warning"),
    ],
)
def test_every_event_has_a_level(event: dict[str, Any], level: str, capsys: pytest.CaptureFixture[str]) -> None:
    JsonLog(FakeClock())(event)
    assert lines_of(capsys.readouterr().err)[0]["level"] == level


def test_lines_after_the_start_have_the_run(capsys: pytest.CaptureFixture[str]) -> None:
    log = JsonLog(FakeClock())
    log({"event": "run_started", "at": "2026-01-01T00:00:00+00:00", "run_id": "r"})
    log({"event": "step_started", "scenario": "churn", "step": "a\x1b[31m\nb"})
    text = capsys.readouterr().err
    first, second = lines_of(text)
    assert first["at"] == "2026-01-01T00:00:00+00:00"
    assert (second["run_id"], second["scenario"], second["step"]) == ("r", "churn", "a\x1b[31m\nb")
    assert "\x1b" not in text


def test_an_error_is_a_line_and_keeps_its_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    error = InvalidInputError("broken", fix="mend it", problems=("a.yaml:1: x",))
    error.add_note("beside that")
    with pytest.raises(typer.Exit) as caught, json_log():
        raise error
    assert caught.value.exit_code == 4
    line = lines_of(capsys.readouterr().err)[0]
    assert (line["level"], line["message"], line["fix"]) == ("error", "broken", "mend it")
    assert (line["problems"], line["notes"]) == (["a.yaml:1: x"], ["beside that"])


def test_an_error_of_another_kind_has_no_problems(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit), json_log():
        raise CannotRunError("no disk")
    assert lines_of(capsys.readouterr().err)[0]["problems"] == []


@pytest.mark.slow
class TestRun:
    def test_a_run_is_told_as_json_to_a_webhook_and_to_prometheus(self, tmp_path: Path) -> None:
        scenario = write_pipeline(tmp_path / "s", [processing("Prep", "prep.py")], {"prep.py": "print('x')"})
        out, metrics = tmp_path / "reports", tmp_path / "run.prom"
        posted: list[Request] = []

        def keep(request: Request) -> Answer:
            posted.append(request)
            return Answer(200)

        with interceptor(None, keep) as server:
            command = ["run", str(scenario), "--out", str(out), "--log-format", "json", "--prometheus", str(metrics)]
            results = [
                CliRunner().invoke(app, command, env={"READINESS_WEBHOOK_URL": server.url}, catch_exceptions=False)
                for _ in range(2)
            ]
        lines = lines_of(results[0].stderr)
        assert results[0].exit_code == 0
        run_ids = {line["run_id"] for line in lines}
        assert len(run_ids) == 1
        assert [line["event"] for line in lines] == [
            "run_started", "scenario_started", "step_started", "step_finished", "scenario_finished", "run_finished",
            "run_judged",
        ]  # fmt: skip
        assert {line["step"] for line in lines if line["event"].startswith("step_")} == {"Prep"}
        assert lines[-1]["verdict"] == "READY"
        assert results[0].stdout.splitlines()[-1] == lines[-1]["report"]
        assert 'readiness_step_succeeded{scenario="pipeline",step="Prep"} 1.0' in metrics.read_text(encoding="utf-8")
        assert len(posted) == 1

    def test_nothing_to_run_is_one_line(self, tmp_path: Path) -> None:
        result = CliRunner().invoke(app, ["run", str(tmp_path), "--log-format", "json"])
        assert result.exit_code == 3
        assert lines_of(result.stderr)[0]["event"] == "error"
