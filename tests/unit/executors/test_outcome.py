"""One end, one cause: what was reached first counts."""

from __future__ import annotations

from typing import Any

import pytest

from cursus_readiness.executors.outcome import Limits, ended
from cursus_readiness.model.result import StepCause, StepStatus
from cursus_readiness.sandbox.client import StepEnd
from cursus_readiness.units import MIB

LIMITS = Limits(time_s=60, memory_bytes=100 * MIB, disk_bytes=None)
ENDS: dict[str, tuple[dict[str, Any], dict[str, Any], StepStatus, StepCause | None]] = {
    "success": ({"exit_code": 0}, {}, StepStatus.SUCCEEDED, None),
    "exit code": ({"exit_code": 1}, {}, StepStatus.FAILED, StepCause.EXIT_CODE),
    "signal": ({"signal": 9}, {}, StepStatus.FAILED, StepCause.SIGNAL),
    "the machine's memory": (
        {"signal": 9},
        {"has_machine_killed": True},
        StepStatus.FAILED,
        StepCause.MACHINE_OUT_OF_MEMORY,
    ),
    "a child of it that was not needed": ({"exit_code": 0}, {"has_machine_killed": True}, StepStatus.SUCCEEDED, None),
    "its own memory": (
        {"signal": 9, "has_exhausted_memory": True},
        {},
        StepStatus.OUT_OF_MEMORY,
        StepCause.MEMORY_LIMIT,
    ),
    "exactly the limit, as far as looking tells": (
        {"exit_code": 0},
        {"largest_bytes": 100 * MIB},
        StepStatus.SUCCEEDED,
        None,
    ),
    "one byte more": (
        {"exit_code": 0},
        {"largest_bytes": 100 * MIB + 1},
        StepStatus.OUT_OF_MEMORY,
        StepCause.MEMORY_LIMIT,
    ),
    "never began": ({"error": "cannot start 'x'"}, {}, StepStatus.FAILED, StepCause.NOT_STARTED),
}


@pytest.mark.parametrize(("end", "seen", "status", "cause"), ENDS.values(), ids=ENDS.keys())
def test_the_cause_of_an_end(
    end: dict[str, Any], seen: dict[str, Any], status: StepStatus, cause: StepCause | None
) -> None:
    outcome = ended(StepEnd(**end), LIMITS, **{"largest_bytes": None, "has_machine_killed": False, **seen})
    assert (outcome.status, outcome.cause) == (status, cause)
    assert (outcome.reason is None) == status.has_succeeded
