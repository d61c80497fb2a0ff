"""The critical path of a scenario, from what its steps took."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cursus_readiness.model.critical_path import CriticalPath
from cursus_readiness.model.result import StepResult, StepStatus

_NOTHING_S = 1e-6  # slack below it is rounding


def critical_path(steps: Sequence[StepResult]) -> CriticalPath | None:
    """The path through the steps that ran here, which stand after those that they depend on.

    ``None`` when the time of none was measured.
    """
    took_s = {step.step_name: duration for step in steps if (duration := _duration_s(step)) is not None}
    ends_s = _ends_s(steps, took_s)
    last = max(took_s, key=lambda name: ends_s[name], default=None)
    if last is None:
        return None
    depends_on = {step.step_name: step.depends_on for step in steps}
    path = []
    name: str | None = last
    while name is not None:
        if name in took_s:
            path.append(name)
        before = [other for other in depends_on[name] if other in ends_s]
        name = max(before, key=lambda other: ends_s[other], default=None)
    slowest = max(path, key=lambda name: took_s[name])
    shorter = _ends_s(steps, {**took_s, slowest: 0.0})
    return CriticalPath(
        steps=tuple(reversed(path)),
        length_s=ends_s[last],
        slowest=slowest,
        without_slowest_s=max(shorter.values()),
        slack_s=_slack_s(steps, took_s, ends_s),
    )


def _duration_s(step: StepResult) -> float | None:
    """From the beginning of staging to the end of the process; a reused step took its time in another run."""
    if not step.had_process or step.status is StepStatus.REUSED or step.wall_s is None:
        return None
    if step.offset_s is None or step.process_offset_s is None:
        return step.wall_s
    return max(step.process_offset_s - step.offset_s, 0.0) + step.wall_s


def _ends_s(steps: Sequence[StepResult], took_s: Mapping[str, float]) -> dict[str, float]:
    """The earliest end of each step, counted from the start of the first."""
    ends: dict[str, float] = {}
    for step in steps:
        ready_s = max((ends.get(name, 0.0) for name in step.depends_on), default=0.0)
        ends[step.step_name] = ready_s + took_s.get(step.step_name, 0.0)
    return ends


def _slack_s(steps: Sequence[StepResult], took_s: Mapping[str, float], ends_s: Mapping[str, float]) -> dict[str, float]:
    """How long each step that ran could have lasted longer."""
    length_s = max(ends_s.values())
    latest = dict.fromkeys(ends_s, length_s)
    for step in reversed(steps):
        start_s = latest[step.step_name] - took_s.get(step.step_name, 0.0)
        for name in step.depends_on:
            if name in latest:
                latest[name] = min(latest[name], start_s)
    slacks = {name: latest[name] - ends_s[name] for name in took_s}
    return {name: slack if slack > _NOTHING_S else 0.0 for name, slack in slacks.items()}
