"""cursus-readiness: is this SageMaker pipeline ready for production?

The public API. Names are imported when they are first used, so that ``readiness --help`` stays quick.
"""

from __future__ import annotations

TYPE_CHECKING = False  # as in typing, which takes the launcher longer to import than all else it does at its start
if TYPE_CHECKING:
    from typing import Any

    from cursus_readiness.api.optimizer import PerformanceOptimizer
    from cursus_readiness.api.validator import EndToEndValidator
    from cursus_readiness.health.checker import HealthChecker
    from cursus_readiness.model.audit import OptimizationRecommendation
    from cursus_readiness.model.result import E2ETestResult, PerformanceMetrics
    from cursus_readiness.model.scenario import E2ETestScenario

_HOMES = {
    "E2ETestResult": "cursus_readiness.model.result",
    "E2ETestScenario": "cursus_readiness.model.scenario",
    "EndToEndValidator": "cursus_readiness.api.validator",
    "HealthChecker": "cursus_readiness.health.checker",
    "OptimizationRecommendation": "cursus_readiness.model.audit",
    "PerformanceMetrics": "cursus_readiness.model.result",
    "PerformanceOptimizer": "cursus_readiness.api.optimizer",
}

__all__ = [
    "E2ETestResult",
    "E2ETestScenario",
    "EndToEndValidator",
    "HealthChecker",
    "OptimizationRecommendation",
    "PerformanceMetrics",
    "PerformanceOptimizer",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
