"""What the attempts of a step come to: its status, and a reason that people can read."""

from __future__ import annotations

from cursus_readiness.gather.attempt import Attempt
from cursus_readiness.model.result import StepStatus
from cursus_readiness.objectstore.files import printable
from cursus_readiness.store.layout import StepLayout
from cursus_readiness.store.reading import read_log_tail
from cursus_readiness.units import one_line

_REASON_LIMIT = 300


def ending(made: Attempt, number: int, files: StepLayout) -> tuple[StepStatus, str | None]:
    """Status and reason of a step; a failure is explained by what the step itself said last."""
    if made.fatal:
        return StepStatus.INTERRUPTED, cut(str(made.fatal))
    if made.error or made.execution is None:
        return StepStatus.FAILED, cut(made.error or "")
    status, reason = made.execution.status, made.execution.reason
    if status is StepStatus.SUCCEEDED and number > 1:
        return StepStatus.FLAKY, f"succeeded at attempt {number}"
    if status is StepStatus.FAILED:
        said = made.message or _last_line(read_log_tail(files.stderr)[0])
        reason = f"{reason}: {said}" if said else reason
    return status, None if reason is None else cut(reason)


def cut(reason: str) -> str:
    """A reason as one line of a length that fits beside a step."""
    return one_line(printable(reason))[:_REASON_LIMIT]


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""
