"""The audits: one explicit line each, gates first."""

from __future__ import annotations

from cursus_readiness.audits.base import Audit
from cursus_readiness.audits.performance.hungrier_step import HungrierStep
from cursus_readiness.audits.performance.idle_cpu import IdleCpu
from cursus_readiness.audits.performance.io_wait import IoWait
from cursus_readiness.audits.performance.memory_over_limit import MemoryOverLimit
from cursus_readiness.audits.performance.memory_pressure import MemoryPressure
from cursus_readiness.audits.performance.over_budget import OverBudget
from cursus_readiness.audits.performance.oversized_instance import OversizedInstance
from cursus_readiness.audits.performance.oversubscribed_threads import OversubscribedThreads
from cursus_readiness.audits.performance.single_threaded import SingleThreaded
from cursus_readiness.audits.performance.slower_step import SlowerStep
from cursus_readiness.audits.performance.time_over_limit import TimeOverLimit
from cursus_readiness.audits.performance.unbounded_growth import UnboundedGrowth
from cursus_readiness.audits.validation.broken_data_flow import BrokenDataFlow
from cursus_readiness.audits.validation.broken_rule import BrokenRule
from cursus_readiness.audits.validation.changed_output import ChangedOutput
from cursus_readiness.audits.validation.failed_scenario import FailedScenario
from cursus_readiness.audits.validation.missing_step import MissingStep

AUDITS: tuple[Audit, ...] = (
    FailedScenario(),
    MissingStep(),
    BrokenRule(),
    BrokenDataFlow(),
    MemoryOverLimit(),
    TimeOverLimit(),
    OverBudget(),
    MemoryPressure(),
    OversizedInstance(),
    IdleCpu(),
    IoWait(),
    SingleThreaded(),
    OversubscribedThreads(),
    UnboundedGrowth(),
    SlowerStep(),
    HungrierStep(),
    ChangedOutput(),
)
