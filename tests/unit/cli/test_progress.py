"""What a run shows while it runs."""

from __future__ import annotations

from typing import Any

import pytest

from cursus_readiness.cli.progress import progress
from cursus_readiness.units import MIB


def shown(capsys: pytest.CaptureFixture[str], *events: dict[str, Any]) -> list[str]:
    with progress() as listener:
        for event in events:
            listener(event)
    return capsys.readouterr().out.splitlines()


def finished(status: str, **fields: Any) -> dict[str, Any]:
    plain = {"event": "step_finished", "step": "Train", "status": status, "wall_s": None, "peak_memory_bytes": None}
    return {**plain, "reason": None, **fields}


def test_a_scenario_and_its_steps_are_lines(capsys: pytest.CaptureFixture[str]) -> None:
    started = {"event": "scenario_started", "scenario": "churn", "steps": ["Prep", "Train"]}
    done = finished("succeeded", wall_s=1.25, peak_memory_bytes=200 * MIB)
    assert shown(capsys, started, done) == ["churn (2 steps)", "  ok            Train  1.2 s  200 MiB"]


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (finished("flaky"), "  ok, flaky     Train"),
        (finished("not_executed", reason="why"), "  not executed  Train  why"),
        (finished("out_of_memory", reason="over 2 GiB"), "  out of memory Train  over 2 GiB"),
        (finished("failed", wall_s=0.5), "  failed        Train  500 ms  not measured"),
    ],
)
def test_a_step_is_told_as_it_ended(event: dict[str, Any], line: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(capsys, event) == [line]


def test_a_download_is_told_in_bytes_of_bytes(capsys: pytest.CaptureFixture[str]) -> None:
    event = {"event": "downloading", "scenario": "churn", "uri": "s3://b/x/", "done_bytes": MIB, "total_bytes": 4 * MIB}
    assert shown(capsys, event) == ["  downloading   s3://b/x/  1 MiB of 4 MiB"]


def test_other_events_are_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(capsys, {"event": "run_started"}, {"event": "step_started", "scenario": "a", "step": "b"}) == []


def test_on_a_terminal_the_same_lines_are_shown(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    started = {"event": "step_started", "scenario": "churn", "step": "Train"}
    assert "  ok            Train" in "\n".join(shown(capsys, started, finished("succeeded")))
