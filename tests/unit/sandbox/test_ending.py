"""A step is ended in stages, each when it is due."""

from __future__ import annotations

import pytest

from cursus_readiness.sandbox.ending import Ending


class Ended:
    """What was done, on a clock that is set."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, time_limit_s: float = 60.0) -> None:
        self.now_s = 100.0
        self.done: list[str] = []
        monkeypatch.setattr("cursus_readiness.sandbox.ending.time.monotonic", lambda: self.now_s)
        self.ending = Ending(
            lambda number: self.done.append(f"signal {number}"),
            lambda: self.done.append("kill"),
            time_limit_s=time_limit_s,
            interrupt_grace_s=2.0,
            terminate_grace_s=5.0,
        )

    def at(self, now_s: float) -> list[str]:
        """What has been done by then."""
        self.now_s = now_s
        self.ending.go_on()
        return self.done


def test_at_its_time_limit_a_step_is_interrupted_terminated_and_killed_again_and_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ended = Ended(monkeypatch)
    assert ended.at(159.9) == []
    assert ended.ending.is_over_time is False
    assert ended.at(160.0) == ["signal 2"]
    assert ended.at(161.9) == ["signal 2"]
    assert ended.at(162.0) == ["signal 2", "signal 15"]
    assert ended.at(167.0) == ["signal 2", "signal 15", "kill"]
    assert ended.at(168.0) == ["signal 2", "signal 15", "kill", "kill"]
    assert ended.ending.is_over_time is True


def test_who_is_asked_before_the_time_limit_is_not_over_it(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = Ended(monkeypatch)
    ended.ending.ask(now=False)
    assert ended.at(100.0) == ["signal 2"]
    ended.ending.ask(now=False)
    assert ended.at(100.0) == ["signal 2"]
    assert ended.ending.is_over_time is False


def test_who_is_to_end_at_once_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = Ended(monkeypatch)
    ended.ending.ask(now=True)
    assert ended.at(100.0) == ["kill"]


def test_who_is_killed_while_it_ends_at_its_limit_stays_over_it(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = Ended(monkeypatch)
    assert ended.at(160.0) == ["signal 2"]
    ended.ending.ask(now=True)
    assert ended.at(160.0) == ["signal 2", "kill"]
    assert ended.ending.is_over_time is True


def test_without_a_limit_nothing_is_ever_due(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Ended(monkeypatch, time_limit_s=float("inf")).at(1e12) == []
