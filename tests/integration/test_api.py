"""The public API runs the same engine as the command line."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from cursus_readiness import (
    E2ETestResult,
    E2ETestScenario,
    EndToEndValidator,
    HealthChecker,
    OptimizationRecommendation,
    PerformanceMetrics,
    PerformanceOptimizer,
)
from cursus_readiness.errors import InvalidInputError, UsageError
from pipelines import processing, write_pipeline


def test_a_validator_discovers_and_executes(tmp_path: Path) -> None:
    steps = [processing("A", "a.py", outputs={"x": "s3://bucket/x"})]
    script = "open('/opt/ml/processing/output/x/metrics.json', 'w').write('{\"auc\": 0.9}')"
    rules = {"A": {"x/metrics.json": "auc >= 0.8"}}
    write_pipeline(tmp_path, steps, {"a.py": script}, validation_rules=rules)
    validator = EndToEndValidator(reports_dir=tmp_path / "reports")
    scenarios = validator.discover_test_scenarios(str(tmp_path))
    assert [scenario.scenario_name for scenario in scenarios] == ["pipeline"]
    result = validator.execute_scenario(scenarios[0])
    assert isinstance(result, E2ETestResult)
    assert result.success
    assert (result.steps_executed, result.steps_failed) == (1, 0)
    assert result.peak_memory_usage > 5
    assert result.total_duration > 0
    assert result.validation_results["A"]["x/metrics.json"]["metric"]["held"] is True
    assert (tmp_path / "reports/latest/readiness.html").is_file()


def test_a_scenario_made_in_python_that_cannot_run_says_why(tmp_path: Path) -> None:
    scenario = E2ETestScenario(
        scenario_name="made here", pipeline_config_path=str(tmp_path / "nothing.json"), expected_steps=["A"]
    )
    result = EndToEndValidator(reports_dir=tmp_path).execute_scenario(scenario)
    assert not result.success
    assert result.problem == "invalid"
    assert "nothing.json" in (result.error_details or "")
    assert math.isnan(result.peak_memory_usage)
    assert math.isnan(result.total_duration)


def test_broken_files_stop_discovery_but_not_comprehensive_validation(tmp_path: Path) -> None:
    write_pipeline(tmp_path, [processing("A", "a.py")], {"a.py": ""})
    (tmp_path / "broken.yaml").write_text("scenario_name: [", encoding="utf-8")
    validator = EndToEndValidator(reports_dir=tmp_path / "reports")
    with pytest.raises(InvalidInputError) as caught:
        validator.discover_test_scenarios(str(tmp_path))
    assert "broken.yaml:1" in caught.value.problems[0]
    report = validator.run_comprehensive_validation(str(tmp_path))
    assert report["verdict"] == "INCONCLUSIVE"
    assert {item["scenario_name"]: item["success"] for item in report["scenarios"]}["pipeline"] is True
    assert Path(report["report_path"]).is_file()


def test_an_optimizer_measures_this_process_tree() -> None:
    optimizer = PerformanceOptimizer()
    with pytest.raises(UsageError, match="nothing was monitored"):
        optimizer.analyze_performance()
    optimizer.start_monitoring(interval_seconds=0.02)
    with pytest.raises(UsageError, match="already"):
        optimizer.start_monitoring()
    held = bytearray(b"x" * (64 << 20))
    total = sum(range(3_000_000))
    optimizer.stop_monitoring()
    optimizer.stop_monitoring()
    assert held
    assert total
    found = optimizer.analyze_performance()
    metrics = PerformanceMetrics(**{name: found[name] for name in PerformanceMetrics.model_fields})
    assert metrics.memory_peak_mb > 64
    assert metrics.cpu_usage_percent > 20
    assert metrics.execution_time_seconds > 0
    assert metrics.concurrent_tasks >= 1
    assert found["sample_count"] >= 2
    assert all(
        isinstance(item, OptimizationRecommendation) for item in optimizer.generate_optimization_recommendations()
    )
    parameters = optimizer.optimize_execution_parameters()
    assert parameters["memory_limit_gb"] > 64 / 1024
    assert parameters["concurrent_tasks"] >= 1


def test_health_is_checked_by_doing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    health = HealthChecker(tmp_path).check_system_health()
    outcomes = {name: check["outcome"] for name, check in health["checks"].items()}
    assert outcomes.pop("performance") in ("PASS", "WARN")
    assert outcomes.pop("clock-skew") in ("PASS", "WARN")
    assert outcomes.pop("aws-access") == "NOT_APPLICABLE"
    assert {"core-components", "dependencies", "workspace-access", "environments"} <= set(outcomes)
    assert set(outcomes.values()) == {"PASS"}


def test_a_workspace_that_cannot_be_written_fails(tmp_path: Path) -> None:
    (tmp_path / "a-file").touch()
    health = HealthChecker(tmp_path / "a-file/reports").check_system_health()
    assert health["status"] == "FAIL"
    assert health["checks"]["workspace-access"]["outcome"] == "FAIL"


def test_credentials_that_do_not_work_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    check = HealthChecker(tmp_path).check_system_health()["checks"]["aws-access"]
    assert check["outcome"] == "FAIL"
    assert check["remedy"]
