"""What a step had to share its machine with."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from cursus_readiness.model.contention import Contention
from cursus_readiness.sampling import contention as module
from cursus_readiness.sampling.contention import MachineLook, MachineReading, contention, read_machine


def a_look(
    at_s: float, busy_s: float | None, *, stolen_s: float = 0.0, cpu_stalled_s: float | None = 0.0
) -> MachineReading:
    total = None if busy_s is None else 2 * at_s
    return MachineReading(at_s, busy_s, stolen_s, total, {"cpu": cpu_stalled_s, "memory": 0.0, "io": None})


def between(
    monkeypatch: pytest.MonkeyPatch, start: MachineReading, end: MachineReading, cpu_s: float | None
) -> Contention:
    monkeypatch.setattr(module, "read_machine", lambda: end)
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: end.at_s))
    return contention(start, cpu_s)


def test_what_others_did_is_all_but_the_step(monkeypatch: pytest.MonkeyPatch) -> None:
    found = between(monkeypatch, a_look(0, 0), a_look(10, 15, cpu_stalled_s=4.0), 9.0)
    assert found.other_cores == pytest.approx(0.6)
    assert found.cpu_stalled_ratio == pytest.approx(0.4)
    assert found.memory_stalled_ratio == 0.0
    assert found.io_stalled_ratio is None
    assert found.disturbances == ("others kept 0.6 cores busy, and work waited for CPU 40% of the time",)


@pytest.mark.parametrize(
    ("start", "end", "cpu_s"),
    [
        (a_look(0, None), a_look(10, None), 1.0),
        (a_look(0, 0), a_look(10, 5), None),
    ],
    ids=["no /proc/stat", "a step that was not measured"],
)
def test_what_cannot_be_told_is_not_zero(
    monkeypatch: pytest.MonkeyPatch, start: MachineReading, end: MachineReading, cpu_s: float | None
) -> None:
    assert between(monkeypatch, start, end, cpu_s).other_cores is None


@pytest.mark.parametrize(("passed_s", "is_told"), [(0.49, False), (0.5, True)], ids=["shorter", "half a second"])
def test_of_a_short_step_nothing_is_said(monkeypatch: pytest.MonkeyPatch, passed_s: float, is_told: bool) -> None:
    found = between(monkeypatch, a_look(0, 0), a_look(passed_s, 0.9), 0.1)
    assert (found.other_cores is not None) is is_told


@pytest.mark.parametrize(
    ("changes", "reasons"),
    [
        ({}, 0),
        ({"concurrent_steps": 2}, 1),
        ({"other_cores": 3.0, "cpu_stalled_ratio": 0.05}, 0),
        ({"other_cores": 0.2, "cpu_stalled_ratio": 0.9}, 0),
        ({"stolen_ratio": 0.06}, 1),
        ({"stolen_ratio": 0.05}, 0),
    ],
    ids=["alone", "another step", "others, but room for all", "the step's own threads", "stolen", "hardly stolen"],
)
def test_times_can_be_compared_unless_something_was_in_the_way(changes: dict[str, float], reasons: int) -> None:
    assert len(Contention(**changes).disturbances) == reasons


def test_this_machine_can_be_looked_at() -> None:
    look = MachineLook()
    first = look.recent()
    assert look.recent() is first
    assert read_machine().at_s >= first.at_s
