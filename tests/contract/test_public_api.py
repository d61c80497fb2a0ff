"""The names, fields and signatures that the founding plan fixes: more may be added, none renamed or lost."""

from __future__ import annotations

import inspect
import typing
from typing import Any

import pytest
from pydantic import BaseModel

import cursus_readiness

REQUIRED = object()
FIELDS: dict[str, dict[str, tuple[Any, Any]]] = {
    "E2ETestScenario": {
        "scenario_name": (str, REQUIRED),
        "pipeline_config_path": (str, REQUIRED),
        "expected_steps": (list[str], REQUIRED),
        "data_source": (str, "synthetic"),
        "validation_rules": (dict[str, Any], {}),
        "timeout_minutes": (int, 30),
        "memory_limit_gb": (float, 4.0),
    },
    "E2ETestResult": {
        "scenario_name": (str, REQUIRED),
        "success": (bool, REQUIRED),
        "total_duration": (float, REQUIRED),
        "peak_memory_usage": (float, REQUIRED),
        "steps_executed": (int, REQUIRED),
        "steps_failed": (int, REQUIRED),
        "validation_results": (dict[str, Any], REQUIRED),
        "error_details": (str | None, None),
        "performance_metrics": (dict[str, float], {}),
    },
    "PerformanceMetrics": {
        "cpu_usage_percent": (float, REQUIRED),
        "memory_usage_mb": (float, REQUIRED),
        "memory_peak_mb": (float, REQUIRED),
        "disk_io_read_mb": (float, REQUIRED),
        "disk_io_write_mb": (float, REQUIRED),
        "execution_time_seconds": (float, REQUIRED),
        "concurrent_tasks": (int, REQUIRED),
    },
    "OptimizationRecommendation": {
        "category": (str, REQUIRED),
        "severity": (str, REQUIRED),
        "description": (str, REQUIRED),
        "suggested_action": (str, REQUIRED),
        "estimated_improvement": (str, REQUIRED),
    },
}
METHODS: dict[tuple[str, str], tuple[dict[str, Any], Any]] = {
    ("EndToEndValidator", "discover_test_scenarios"): ({"scenarios_dir": str}, list),
    ("EndToEndValidator", "execute_scenario"): ({"scenario": "E2ETestScenario"}, "E2ETestResult"),
    ("EndToEndValidator", "run_comprehensive_validation"): ({"scenarios_dir": str}, dict),
    ("PerformanceOptimizer", "start_monitoring"): ({"interval_seconds": float}, type(None)),
    ("PerformanceOptimizer", "stop_monitoring"): ({}, type(None)),
    ("PerformanceOptimizer", "analyze_performance"): ({}, dict),
    ("PerformanceOptimizer", "generate_optimization_recommendations"): ({}, list),
    ("PerformanceOptimizer", "optimize_execution_parameters"): ({}, dict),
    ("HealthChecker", "check_system_health"): ({}, dict),
    ("HealthChecker", "_check_core_components"): ({}, dict),
    ("HealthChecker", "_check_dependencies"): ({}, dict),
    ("HealthChecker", "_check_workspace_access"): ({}, dict),
    ("HealthChecker", "_check_aws_access"): ({}, dict),
    ("HealthChecker", "_check_performance"): ({}, dict),
}


def public(name: str) -> Any:
    return getattr(cursus_readiness, name)


@pytest.mark.parametrize(
    ("model", "field"), [(model, field) for model, fields in FIELDS.items() for field in fields], ids=str
)
def test_a_field_keeps_its_name_type_and_default(model: str, field: str) -> None:
    kind: type[BaseModel] = public(model)
    expected, default = FIELDS[model][field]
    found = kind.model_fields[field]
    assert found.annotation == expected
    assert found.is_required() is (default is REQUIRED)
    if default is not REQUIRED:
        assert found.get_default(call_default_factory=True) == default


@pytest.mark.parametrize("model", FIELDS)
def test_fields_that_were_added_are_optional(model: str) -> None:
    kind: type[BaseModel] = public(model)
    added = {name: found for name, found in kind.model_fields.items() if name not in FIELDS[model]}
    assert not [name for name, found in added.items() if found.is_required()]


@pytest.mark.parametrize(("owner", "method"), METHODS, ids=lambda name: name)
def test_a_method_keeps_its_signature(owner: str, method: str) -> None:
    found = getattr(public(owner), method)
    parameters, returned = METHODS[owner, method]
    hints = typing.get_type_hints(found)
    given = {name: hints[name] for name in list(inspect.signature(found).parameters)[1:]}
    assert given == {name: public(kind) if isinstance(kind, str) else kind for name, kind in parameters.items()}
    result = hints["return"]
    assert (typing.get_origin(result) or result) is (public(returned) if isinstance(returned, str) else returned)


def test_monitoring_samples_once_a_second_unless_told_otherwise() -> None:
    parameters = inspect.signature(public("PerformanceOptimizer").start_monitoring).parameters
    assert parameters["interval_seconds"].default == 1.0


@pytest.mark.parametrize("name", ["EndToEndValidator", "PerformanceOptimizer", "HealthChecker"])
def test_the_classes_of_the_plan_need_no_arguments(name: str) -> None:
    public(name)()


def test_the_names_of_the_plan_are_the_public_ones() -> None:
    expected = {*FIELDS, *(owner for owner, _ in METHODS)}
    assert set(cursus_readiness.__all__) == expected
    assert expected <= set(dir(cursus_readiness))


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Nope'"):
        public("Nope")
